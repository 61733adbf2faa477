"""A real Trainer with the gate in it: stopped, tagged, and otherwise undisturbed."""

from __future__ import annotations

import json
import random
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from jsonschema import Draft202012Validator
from transformers import (
    AutoModelForCausalLM,
    AutoTokenizer,
    Trainer,
    TrainerCallback,
    TrainerControl,
    TrainerState,
    TrainingArguments,
)

from tests.company import Line, events_of, unreachable_policy
from unlearnkit.domain import Outcome
from unlearnkit.errors import BadInput
from unlearnkit.integrations.transformers import PrivacyGateCallback, same_random_states
from unlearnkit.language_model.folder import model_digest
from unlearnkit.schemas import shipped
from unlearnkit.workspace import Workspace

STEPS = 3


def reachable_policy(folder: Path) -> Path:
    """A policy that everything passes."""
    path = unreachable_policy(folder)
    path.write_text(path.read_text().replace("at_most: -1", "at_most: 1"))
    return path


class Words(torch.utils.data.Dataset[dict[str, Any]]):
    """The same few tokens again and again."""

    def __len__(self) -> int:
        return 8

    def __getitem__(self, at: int) -> dict[str, Any]:
        tokens = torch.arange(5, 13) + at
        return {"input_ids": tokens, "labels": tokens, "attention_mask": torch.ones_like(tokens)}


def trained(
    model: Path, out: Path, *callbacks: TrainerCallback, tokenizer: bool = True, **settings: Any
) -> Trainer:
    """A Trainer after at most STEPS steps, evaluated after the second one and the last."""
    torch.manual_seed(0)
    loaded = AutoModelForCausalLM.from_pretrained(model, attention_dropout=0.1)
    usual: dict[str, Any] = {
        "max_steps": STEPS,
        "per_device_train_batch_size": 2,
        "eval_strategy": "steps",
        "eval_steps": 2,
        "save_steps": 2,
        "learning_rate": 1e-3,
        "report_to": [],
        "use_cpu": True,
        "seed": 3,
        "disable_tqdm": True,
    }
    arguments = TrainingArguments(str(out), **(usual | settings))
    trainer = Trainer(
        model=loaded,
        args=arguments,
        train_dataset=Words(),
        eval_dataset=Words(),
        processing_class=AutoTokenizer.from_pretrained(model) if tokenizer else None,
        callbacks=[*callbacks],
    )
    trainer.train()
    return trainer


@pytest.fixture
def workspace(line: Line, tmp_path: Path) -> Path:
    return line.copy(tmp_path / "work")


def test_a_failing_verdict_stops_the_run_and_is_left_where_people_look(
    line: Line, workspace: Path, tmp_path: Path
) -> None:
    callback = PrivacyGateCallback(workspace, policy=str(unreachable_policy(tmp_path)))
    trainer = trained(line.model, tmp_path / "out", callback)
    assert trainer.state.global_step == 2
    [answer] = callback.answers
    assert (answer.verdict.outcome, answer.verdict.exit_code) == (Outcome.FAIL, 1)
    written = json.loads((tmp_path / "out" / "privacy-gate" / "step-2.json").read_text())
    Draft202012Validator(json.loads(shipped("gate"))).validate(written)
    assert written == answer.model_dump(mode="json")
    kept = json.loads((tmp_path / "out" / "checkpoint-2" / "trainer_state.json").read_text())
    tag = {"privacy_gate": "fail", "privacy_gate_exit_code": 1, "step": 2}
    assert tag in kept["log_history"]
    assert events_of(workspace)[-1].kind == "gated"
    left = {path.name for path in (tmp_path / "out").iterdir()}
    assert left == {"privacy-gate", "checkpoint-2"}


def test_at_another_outcome_it_only_tags_and_training_is_as_without_it(
    line: Line, workspace: Path, tmp_path: Path
) -> None:
    """Once after the second step and, as the Trainer does, once more at the end."""
    policy = str(unreachable_policy(tmp_path))
    told: list[tuple[Outcome, int]] = []
    callback = PrivacyGateCallback(
        workspace,
        policy=policy,
        stop_on=[Outcome.CANNOT_TELL],
        tell=lambda answer, step: told.append((answer.verdict.outcome, step)),
    )
    gated = trained(line.model, tmp_path / "gated", callback)
    alone = trained(line.model, tmp_path / "alone")
    assert [one.verdict.outcome for one in callback.answers] == [Outcome.FAIL] * 2
    assert told == [(Outcome.FAIL, 2), (Outcome.FAIL, STEPS)]
    assert gated.state.global_step == STEPS
    theirs = alone.model.state_dict()
    for name, weights in gated.model.state_dict().items():
        assert torch.equal(weights, theirs[name]), name


@pytest.mark.parametrize("raised", [None, KeyboardInterrupt, ValueError])
def test_random_states_are_put_back_whatever_was_raised(
    raised: type[BaseException] | None,
) -> None:
    def drawn() -> tuple[float, float, float]:
        return random.random(), float(np.random.random()), float(torch.rand(1))

    random.seed(1)
    np.random.seed(1)
    torch.manual_seed(1)
    with suppress(KeyboardInterrupt, ValueError), same_random_states():
        inside = drawn()
        if raised is not None:
            raise raised
    assert drawn() == inside


def test_at_the_end_of_training_it_judges_the_weights_that_training_ended_with(
    line: Line, workspace: Path, tmp_path: Path
) -> None:
    policy = str(reachable_policy(tmp_path))
    callback = PrivacyGateCallback(workspace, policy=policy, at="train_end")
    trainer = trained(line.model, tmp_path / "out", callback)
    assert len(callback.answers) == 1
    assert (tmp_path / "out" / "privacy-gate" / f"step-{STEPS}.json").is_file()
    trainer.model.save_pretrained(tmp_path / "again")
    AutoTokenizer.from_pretrained(line.model).save_pretrained(tmp_path / "again")
    judged = events_of(workspace)[-1].payload["model_digest"]
    assert judged == model_digest(tmp_path / "again")


class StoppedAt(TrainerCallback):
    """Ends training after so many steps, as somebody else's callback does."""

    def __init__(self, step: int) -> None:
        self.step = step

    def on_step_end(
        self, args: Any, state: TrainerState, control: TrainerControl, **_: Any
    ) -> TrainerControl:
        control.should_training_stop |= state.global_step >= self.step
        return control


def judged_steps(out: Path) -> list[str]:
    return sorted(one.stem for one in (out / "privacy-gate").iterdir())


def test_where_nothing_is_evaluated_the_end_of_training_is_judged(
    line: Line, workspace: Path, tmp_path: Path
) -> None:
    """By default a Trainer evaluates nothing: the gate was not asked, and there was no answer."""
    callback = PrivacyGateCallback(workspace, policy=str(unreachable_policy(tmp_path)))
    trained(line.model, tmp_path / "out", callback, eval_strategy="no")
    assert [one.verdict.exit_code for one in callback.answers] == [1]
    assert judged_steps(tmp_path / "out") == [f"step-{STEPS}"]


def test_the_last_verdict_is_about_the_weights_that_training_ended_with(
    line: Line, workspace: Path, tmp_path: Path
) -> None:
    policy = str(reachable_policy(tmp_path))
    callback = PrivacyGateCallback(workspace, policy=policy)
    trained(line.model, tmp_path / "out", callback, StoppedAt(3), max_steps=10)
    assert judged_steps(tmp_path / "out") == ["step-2", "step-3"]
    best = trained(
        line.model,
        tmp_path / "best",
        callback,
        max_steps=4,
        load_best_model_at_end=True,
        metric_for_best_model="loss",
        greater_is_better=True,  # so that it goes back to the weights of the second step
    )
    assert len(callback.answers) == 2 + 3
    best.model.save_pretrained(tmp_path / "again")
    AutoTokenizer.from_pretrained(line.model).save_pretrained(tmp_path / "again")
    judged = [one.payload["model_digest"] for one in events_of(workspace) if one.kind == "gated"]
    assert judged[-1] == model_digest(tmp_path / "again") == judged[-3] != judged[-2]
    assert callback.answers[-1] == callback.answers[-3] != callback.answers[-2]


def test_without_a_tokenizer_nothing_is_trained(
    line: Line, workspace: Path, tmp_path: Path
) -> None:
    callback = PrivacyGateCallback(workspace)
    with pytest.raises(BadInput, match="needs the model's tokenizer"):
        trained(line.model, tmp_path / "out", callback, tokenizer=False)
    assert callback.answers == []
    assert not list((tmp_path / "out").glob("*/*"))


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"policy": "sttrict"}, "there is no policy 'sttrict'"),
        ({"run": "run-none"}, "no finished run begins"),
        ({"reference": "nowhere"}, "config.json is missing"),
        ({"at": "evaluation"}, "at: no 'evaluation'"),
        ({"stop_on": ["fial"]}, "stop_on: no 'fial'"),
        ({"attacks": ["quantisation"]}, "attacks: no 'quantisation'"),
    ],
)
def test_what_could_not_be_judged_is_refused_before_there_is_a_trainer(
    workspace: Path, given: dict[str, Any], says: str
) -> None:
    with pytest.raises(BadInput, match=says):
        PrivacyGateCallback(workspace, **given)


def test_so_is_a_workspace_that_is_none_or_in_which_nothing_was_forgotten(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="no workspace"):
        PrivacyGateCallback(tmp_path / "nowhere")
    with pytest.raises(BadInput, match="no model was unlearned"):
        PrivacyGateCallback(Workspace.create(tmp_path / "new").root)
