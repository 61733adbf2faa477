"""The gate inside a Hugging Face Trainer: a run that brings forgotten records back is stopped.

    trainer.add_callback(PrivacyGateCallback(workspace="privacy", policy="strict"))

At each evaluation, or at the end of training, the weights as they are then are written to a
temporary folder in the Trainer's output folder, measured on what the workspace's run forgot, and
judged. The verdict goes to `privacy-gate/step-N.json` there (`unlearnkit schema gate`) and into the
trainer's log history, and so into the next checkpoint's trainer_state.json.

Training goes on exactly as without the callback: random states are put back. Meanwhile a second
copy of the model is in memory. One process only: a Trainer in several is refused.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from unlearnkit.artefacts import save
from unlearnkit.domain import Attack, GateAnswer, Outcome
from unlearnkit.errors import BadInput
from unlearnkit.pipeline.ledger import working
from unlearnkit.pipeline.prove import gate
from unlearnkit.pipeline.runs import run_named
from unlearnkit.workspace import Workspace

FOLDER = "privacy-gate"
"""Where the verdicts lie, below the Trainer's output folder."""


class PrivacyGateCallback(TrainerCallback):
    """Judges the model in training; stops the run at the outcomes named in `stop_on`.

    `stop_on=()` only tags. A model that cannot be judged (bad policy, no tokenizer given to the
    Trainer as `processing_class`) raises what `gate` raises, and training ends with it.
    """

    def __init__(
        self,
        workspace: Path | str,
        *,
        policy: str = "",
        run: str = "",
        reference: Path | str | None = None,
        attacks: Sequence[Attack] = (),
        at: Literal["evaluate", "train_end"] = "evaluate",
        stop_on: Collection[Outcome] = (Outcome.FAIL,),
        tell: Callable[[GateAnswer, int], object] | None = None,
    ) -> None:
        self.workspace = Workspace.open(Path(workspace))
        self.policy, self.run, self.attacks = policy, run, tuple(attacks)
        self.reference = Path(reference) if reference is not None else None
        self.at, self.stop_on = at, frozenset(stop_on)
        self.tell = tell
        """Called with each verdict and its training step, such as `mlflow.log_verdict` here."""
        self.answers: list[GateAnswer] = []
        """Every verdict so far, the last one last; its `exit_code` is the gate's."""

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any
    ) -> None:
        """Refuse several processes before anything is trained."""
        if args.world_size > 1:
            raise BadInput(
                "the gate in a Trainer is for one process",
                fix="Leave the callback out, and gate the saved model: unlearnkit gate MODEL",
            )

    def on_evaluate(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> TrainerControl:
        """Judge the weights as they were evaluated."""
        if self.at == "evaluate":
            self._judge(args, state, control, given)
        return control

    def on_train_end(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> TrainerControl:
        """Judge the weights that training ended with."""
        if self.at == "train_end":
            self._judge(args, state, control, given)
        return control

    def _judge(
        self,
        args: TrainingArguments,
        state: TrainerState,
        control: TrainerControl,
        given: dict[str, Any],
    ) -> None:
        out = Path(str(args.output_dir))
        out.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=out, prefix=f".{FOLDER}-") as folder:
            given["model"].save_pretrained(folder)
            if given.get("processing_class") is not None:
                given["processing_class"].save_pretrained(folder)
            answer = self._gated(Path(folder))
        self.answers.append(answer)
        save(out / FOLDER / f"step-{state.global_step}.json", answer)
        outcome = answer.verdict.outcome
        tag: dict[str, Any] = {
            "privacy_gate": outcome.value,
            "privacy_gate_exit_code": answer.verdict.exit_code,
            "step": state.global_step,
        }
        state.log_history.append(tag)
        if self.tell is not None:
            self.tell(answer, state.global_step)
        if outcome in self.stop_on:
            control.should_training_stop = True

    def _gated(self, model: Path) -> GateAnswer:
        with working(self.workspace.root) as context, same_random_states():
            run = run_named(context.workspace, self.run, model)
            return gate(
                context, run, model, self.policy, self.reference, attacks=self.attacks
            ).answer


@contextmanager
def same_random_states() -> Iterator[None]:
    """Put Python's, NumPy's and PyTorch's random states back afterwards."""
    import random

    import numpy as np
    import torch

    python, numpy = random.getstate(), np.random.get_state()
    with torch.random.fork_rng():
        yield
    random.setstate(python)
    np.random.set_state(numpy)
