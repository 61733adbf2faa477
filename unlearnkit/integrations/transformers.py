"""The gate inside a Hugging Face Trainer: a run that brings forgotten records back is stopped.

    trainer.add_callback(PrivacyGateCallback(workspace="privacy", policy="strict"))

At each evaluation, and at the end of training, the weights as they are then are written to a
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
from unlearnkit.language_model.folder import check_folder
from unlearnkit.pipeline.ledger import working
from unlearnkit.pipeline.prove import find_policy, gate
from unlearnkit.pipeline.runs import find_run, run_for_model, run_named
from unlearnkit.workspace import Workspace

FOLDER = "privacy-gate"
"""Where the verdicts lie, below the Trainer's output folder."""


class PrivacyGateCallback(TrainerCallback):
    """Judges the model in training; stops the run at the outcomes named in `stop_on`.

    The weights that training ends with are judged whatever `at` is, once: the last of `answers` is
    about them. With `at="evaluate"` those of each evaluation are, too. `stop_on=()` only tags.

    Raises BadInput before anything is trained: no workspace, policy, run or reference of that name,
    another word for `at`, `stop_on` or an attack; and as training begins, several processes, or no
    tokenizer given to the Trainer as `processing_class`. What else `gate` raises ends the training.
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
        self._check()
        self._judged: int | None = None
        self.tell = tell
        """Called with each verdict and its training step, such as `mlflow.log_verdict` here."""
        self.answers: list[GateAnswer] = []
        """Every verdict so far, the last one last; `verdict.exit_code` is the gate's."""

    def _check(self) -> None:
        """Raise BadInput for what would come out at the first verdict only, or never."""
        for what, given, known in (
            ("at", [self.at], ("evaluate", "train_end")),
            ("stop_on", self.stop_on, tuple(Outcome)),
            ("attacks", self.attacks, tuple(Attack)),
        ):
            if unknown := sorted(set(map(str, given)) - set(known)):
                raise BadInput(f"{what}: no '{unknown[0]}'", fix=f"There is: {', '.join(known)}.")
        find_policy(self.workspace, self.policy)
        if self.run:
            find_run(self.workspace, self.run)
        else:
            run_for_model(self.workspace, "")  # only whether there is one
        if self.reference is not None:
            check_folder(self.reference)

    def on_train_begin(
        self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **given: Any
    ) -> None:
        """Refuse what cannot be judged before anything is trained."""
        if args.world_size > 1:
            raise BadInput(
                "the gate in a Trainer is for one process",
                fix="Leave the callback out, and gate the saved model: unlearnkit gate MODEL",
            )
        if given.get("processing_class") is None:
            raise BadInput(
                "the gate in a Trainer needs the model's tokenizer",
                fix="Give it to the Trainer: Trainer(..., processing_class=tokenizer)",
            )
        self._judged = None

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
        """Judge the weights that training ended with, where they were not judged already.

        By default a Trainer evaluates nothing, and with `load_best_model_at_end` it goes back to
        earlier weights: then no verdict would be about what is kept.
        """
        if self._judged != state.global_step or args.load_best_model_at_end:
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
        self._judged = state.global_step
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
                context,
                run,
                model,
                self.policy,
                self.reference,
                attacks=self.attacks,
                named=bool(self.run),
            ).answer


@contextmanager
def same_random_states() -> Iterator[None]:
    """Put Python's, NumPy's and PyTorch's random states back afterwards, whatever was raised."""
    import random

    import numpy as np
    import torch

    python, numpy = random.getstate(), np.random.get_state()
    try:
        with torch.random.fork_rng():
            yield
    finally:
        random.setstate(python)
        np.random.set_state(numpy)
