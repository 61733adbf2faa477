"""Relearning: train on few of the records again, and see how the others return.

Lynch et al. 2024 (arXiv 2402.16835) and Hu et al. 2025 (arXiv 2406.13356): unlearned models get
knowledge back from little training, on part of it or on text beside it. Here a copy of the model is
fine-tuned, plainly (cross-entropy, AdamW, the run's learning rate, no weight decay, gradients
clipped to norm 1), on

- 1, 5 and 10 % of the forget set, at least one record, the smaller samples within the larger; a
  share that comes to as many records as the next larger one is the same training and is not made;
- as many retained records as 10 % are, none of them a neighbour of the forget set;
- where records are forgotten in part, all that is kept of them.

At most EPOCHS epochs and MOST_STEPS steps of BATCH records. What is measured after each epoch was
not trained on: the records outside the 10 %, after unrelated ones the whole split, after what is
kept of records the passages of these. A passage is measured, and trained on, as a whole record is:
its tokens alone count, after the words around them. Some of what
a model gains is learning: how such records look, what the same person's records share. So the same
is done with as many never-seen records, measured on other never-seen ones, and with the retrained
reference, which never knew the forget set.
"""

from __future__ import annotations

import math
import random
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from unlearnkit.audit.attacks.attacked_model import (
    AttackedModel,
    Attempt,
    EncodedRecord,
    Work,
    measured,
    spread,
    tokens_of,
)
from unlearnkit.audit.attacks.weights import restored
from unlearnkit.domain import (
    COMPARED_SPLITS,
    RELEARNED_REST,
    ModelRole,
    RelearningCurve,
    RelearningPoint,
    Split,
    rest_id,
)
from unlearnkit.errors import BadInput
from unlearnkit.language_model.head import Head
from unlearnkit.language_model.processes import from_the_first, made_alike
from unlearnkit.language_model.recall import Recall, level
from unlearnkit.language_model.tokens import collate

if TYPE_CHECKING:
    from torch import Tensor

PERCENT = {"relearned_1pct": 1, "relearned_5pct": 5, "relearned_10pct": 10}
UNRELATED = "relearned_unrelated"
EPOCHS, MOST_STEPS, BATCH = 10, 50, 4
MEASURED = 200
"""Records of a split measured after each epoch, evenly spread."""
NONE_LEFT = "training takes all these records: none is left to measure"
NO_UNRELATED = "too few kept records are unlike the records to forget"
SAME = "of so few records the same training as {}, which is measured"
UNSTABLE = "the loss of the training, or its gradient, was not finite"

Recalls = list[tuple[str, Recall]]


@dataclass(frozen=True, slots=True)
class Relearning:
    """How a model is trained: as the unlearning run trained it."""

    learning_rate: float = 1e-5
    lora_rank: int = 0
    """0: every weight is trained. Else an adapter of this rank, alpha twice that: it fits into
    memory where the run's did."""
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Training:
    """What is trained on, and what is measured."""

    trained: Sequence[EncodedRecord]
    measured: Mapping[Split, Sequence[EncodedRecord]]


@dataclass(frozen=True, slots=True)
class Trained:
    """The measured splits after each epoch, step 0 first; none where a step was not finite."""

    points: Mapping[Split, Sequence[RelearningPoint]]
    last: Mapping[Split, Recalls]
    work: Work


def sample_size(count: int, percent: int) -> int:
    """So many percent of the records, rounded up; at least one."""
    return max(1, -(-count * percent // 100))


def same_training(count: int, condition: str) -> str:
    """The condition of the largest share that trains on as many of `count` records, or nothing."""
    size = sample_size(count, PERCENT[condition])
    alike = [name for name, percent in PERCENT.items() if sample_size(count, percent) == size]
    largest = max(alike, key=PERCENT.__getitem__)
    return "" if largest == condition else largest


def planned(
    splits: Mapping[Split, Sequence[EncodedRecord]], condition: str, seed: int
) -> tuple[list[Training], dict[Split, str]]:
    """The trainings of a condition, and why a split has none."""
    most = sample_size(len(splits.get(Split.FORGET, ())), max(PERCENT.values()))
    both = [split for split in COMPARED_SPLITS if splits.get(split)]
    if condition == UNRELATED:
        near = {row.record_id for row in splits.get(Split.NEIGHBOUR, ())}
        unlike = [row for row in splits.get(Split.RETAIN, ()) if row.record_id not in near]
        if len(unlike) < most:
            return [], dict.fromkeys(both, NO_UNRELATED)
        drawn = random.Random(seed).sample(unlike, most)
        measured = {split: spread(splits[split], MEASURED) for split in both}
        return [Training(drawn, measured)], {}
    if condition == RELEARNED_REST:
        rest = {row.record_id for row in splits.get(Split.REST, ())}
        passages = [row for row in splits[Split.FORGET] if rest_id(row.record_id) in rest]
        asked = {split: splits[split] for split in both} | {Split.FORGET: passages}
        measured = {split: spread(rows, MEASURED) for split, rows in asked.items()}
        return [Training(splits[Split.REST], measured)], {}
    if same := same_training(len(splits.get(Split.FORGET, ())), condition):
        return [], dict.fromkeys(both, SAME.format(same))
    size = sample_size(len(splits.get(Split.FORGET, ())), PERCENT[condition])
    trainings, missing = [], {}
    for split in both:
        rows = splits[split]
        if len(rows) <= most:
            missing[split] = NONE_LEFT
            continue
        drawn = random.Random(seed).sample(rows, most)
        drawn_ids = {row.record_id for row in drawn}
        not_drawn = [row for row in rows if row.record_id not in drawn_ids]
        trainings.append(Training(drawn[:size], {split: spread(not_drawn, MEASURED)}))
    return trainings, missing


def relearned(subject: AttackedModel, condition: str, how: Relearning) -> Attempt:
    """The curves of a condition and the records' figures at their ends.

    Afterwards the model is as it was. Raises BadInput when the device's memory is too small.
    """
    import torch

    trainings, missing = planned(subject.splits, condition, how.seed)
    curves: list[RelearningCurve] = []
    recalls: dict[Split, Recalls] = {}
    work, reached = Work(), 0.0
    for training in trainings:
        try:
            with trainable(subject.model, how) as reached:
                done = train(subject, training, how)
        except torch.OutOfMemoryError:
            raise BadInput(
                "the device's memory is too small to train the model again",
                where="the attack 'relearning'",
                fix="Leave it out: --attacks quantization,pruning.",
            ) from None
        work += done.work
        missing |= {split: UNSTABLE for split in training.measured if split not in done.points}
        recalls |= done.last
        curves += [
            RelearningCurve(
                under=condition,
                model=ModelRole.UNLEARNED,
                split=split,
                trained=len(training.trained),
                n=len(training.measured[split]),
                points=tuple(points),
            )
            for split, points in done.points.items()
        ]
    return Attempt(reached, work, recalls, curves, missing)


@contextmanager
def trainable(model: Any, how: Relearning) -> Iterator[float]:
    """Make the model trainable in float32, or with an adapter; put it back as it was afterwards.

    Gives the share of the weights that are trained, 0 to 1.
    """
    from unlearnkit.language_model.adapters import unload, with_adapter

    with restored(model):
        adapted = None
        if how.lora_rank:
            adapted = with_adapter(model, how.lora_rank, 2.0 * how.lora_rank, how.seed)
        else:
            model.float().requires_grad_(True)
        try:
            weights = [(one.numel(), one.requires_grad) for one in model.parameters()]
            yield sum(count for count, yes in weights if yes) / sum(count for count, _ in weights)
        finally:
            if adapted is not None:
                unload(adapted)


def train(subject: AttackedModel, training: Training, how: Relearning) -> Trained:
    """Fine-tune the subject's model on these records, measuring before and after each epoch."""
    import torch
    from accelerate.utils import set_seed

    from unlearnkit.language_model.headed import Headed

    set_seed(how.seed)
    headed = Headed(subject.model)
    weights = [one for one in subject.model.parameters() if one.requires_grad]
    optimizer = torch.optim.AdamW(weights, lr=how.learning_rate, weight_decay=0.0)
    draw, order = random.Random(how.seed), list(training.trained)
    points: dict[Split, list[RelearningPoint]] = {split: [] for split in training.measured}
    work, epoch = Work(), 0
    while True:
        last: dict[Split, Recalls] = {}
        made_alike(weights)
        for split, rows in training.measured.items():
            last[split], more = measured(subject, rows)
            points[split].append(point(epoch, work.steps, last[split]))
            work += more
        if epoch == EPOCHS or work.steps >= MOST_STEPS:
            return Trained(points, last, work)
        epoch += 1
        draw.shuffle(order)
        for start in range(0, len(order), BATCH)[: MOST_STEPS - work.steps]:
            rows = order[start : start + BATCH]
            work += Work(1, 1, tokens_of(rows))
            made = step(subject, headed, optimizer, rows)
            if not from_the_first(partial(bool, made)):
                return Trained({}, {}, work)


def step(
    subject: AttackedModel, headed: Any, optimizer: Any, rows: Sequence[EncodedRecord]
) -> bool:
    """One step on these rows; `headed` is the subject's model as `Headed`.

    Whether it was made: where loss or gradient is not finite, nothing is changed.
    """
    import torch

    batch = collate([one.example for one in rows], subject.pad_id).to(subject.device)
    headed.train()
    loss = headed(batch, partial(cross_entropy, batch.counted_labels))
    loss.backward()
    norm = torch.nn.utils.clip_grad_norm_(headed.parameters(), 1.0)
    finite = math.isfinite(float(loss.detach())) and math.isfinite(float(norm))
    if finite:
        optimizer.step()
    optimizer.zero_grad()
    headed.eval()
    return finite


def cross_entropy(labels: Tensor, hidden: Tensor, head: Head) -> Tensor:
    """Mean over positions, in nats; `labels` (positions,), `hidden` (positions, hidden)."""
    import torch

    return torch.nn.functional.cross_entropy(head.logits(hidden), labels)


def point(epoch: int, step: int, recalls: Recalls) -> RelearningPoint:
    """The means over the records."""
    found = level([one for _, one in recalls])
    return RelearningPoint(
        epoch=epoch,
        step=step,
        exact_memorization=found.exact_memorization,
        extraction_strength=found.extraction_strength,
        probability=found.probability,
    )
