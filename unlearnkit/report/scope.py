"""What a report has to say was not tested: never, not by this audit, or not measurable."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Final

from unlearnkit.counted import counted
from unlearnkit.domain import (
    CONDITIONS,
    Attack,
    AuditResult,
    CutRecords,
    Measurement,
    Turns,
    Unmeasured,
    UsersTurns,
)
from unlearnkit.report.glossary import label

NEVER_COVERED: Final = (
    "Backups, logs, caches and exports of the records: only the model was changed.",
    "The records themselves: deleting them from the corpus and its sources is a separate step.",
    "Earlier releases and copies of the model, wherever they were deployed or downloaded.",
    "Models distilled from, merged with or fine-tuned from the original model.",
    "Records the search did not find: images, scans, attachments, and mentions under names and "
    "identifiers nobody listed.",
    "Stronger membership inference: attackers who train models of their own to compare with "
    "find more than the attacks that were run here.",
    "Attacks that were not run: adversarial prompts, and attacks on "
    "activations other than the logit lens, such as probes that are trained.",
    "Comparison: whoever also holds the original model can compare the two models, "
    "and the difference points at what was removed.",
    "Other words for the same facts: but for the questions that ask for personal values, the "
    "figures are about the records’ own wording.",
)
"""What no run covers, one sentence each."""
CONTEXT: Final[Mapping[Turns | None, str]] = {
    "none": "Prompts: context only, neither forgotten nor measured.",
    "assistant": "Prompts, and what users say in conversations: context only, neither forgotten "
    "nor measured (turns: assistant).",
    "all": "Prompts: context only, neither forgotten nor measured. What users say in "
    "conversations counted: it was to be forgotten, and was measured (turns: all).",
    None: "Prompts, and what users say in conversations: context only, neither forgotten nor "
    "measured, unless the settings said that the model was trained to say them (turns: all).",
}
"""What was context only, by whose turns counted; None: an earlier version did not say."""
TRANSLATED: Final = frozenset({*NEVER_COVERED, *CONTEXT.values()})
"""What a letter in another language says in its own words."""
EARLIER: Final = (
    "Not measured, by the earlier version that made the audit: membership inference, the model’s "
    "own continuations, and the kept records most like the forgotten ones.",
)
EARLIER_VALUES: Final = (
    "Not measured, by the earlier version that made the audit: whether the model says personal "
    "values when it is asked for them, and whether it prefers them to others of their kind.",
)
EARLIER_LAYERS: Final = (
    "Not measured, by the earlier version that made the audit: whether the layers before the last "
    "hold personal values that the model does not say (the logit lens), and whether similar kept "
    "records before the record bring them back.",
)
NOT_MADE: Final = {
    Attack.QUANTIZATION: "Quantization: whether a 4-bit or 8-bit copy of this model recites what "
    "this one does not.",
    Attack.PRUNING: "Pruning: whether a copy without its smallest weights recites what this one "
    "does not.",
    Attack.RELEARNING: "Relearning: whether further training, even on unrelated data, brings the "
    "records back.",
}
"""What stays open where an attack was not made."""
LEFT_OPEN: Final = {
    Attack.QUANTIZATION: "Quantization other than rounding to nearest in 8 and 4 bits: methods "
    "that look at data, activations, fewer bits.",
    Attack.PRUNING: "Pruning other than the smallest 30 % of each matrix, or followed by training.",
    Attack.RELEARNING: "Relearning beyond the few steps taken here: longer, at other rates, on "
    "other records.",
}
"""What stays open where it was."""
UNMEASURED: Final = {
    "length": "no token of what users say is within the longest sequence",
    "template": "the chat template does not show where what users say stands",
    "loss": "the model’s loss on what users say is not a finite number",
}
"""Why users' turns could not be measured."""


def standard_out_of_scope(
    audit: AuditResult,
    unread_records: int | None,
    turns: Turns | None = None,
    users_turns: UsersTurns | None = None,
    cut: CutRecords | None = None,
) -> tuple[str, ...]:
    """What no run covers, what the attacks leave open, and what this audit did not measure.

    `unread_records` of the corpus could not be read; None: not counted. `turns` of conversations
    counted; None: not told. `users_turns`: what the original made of those that did not. `cut`:
    records to forget that lost their end.
    """
    metrics = {one.metric for one in audit.measurements}
    earlier = () if any(one.startswith("membership_") for one in metrics) else EARLIER
    unasked = () if "pii_leakage" in metrics else EARLIER_VALUES
    unread = () if "logit_lens_10" in metrics else EARLIER_LAYERS
    made = {CONDITIONS[one.under] for one in audit.attacks}
    open_ones = tuple(LEFT_OPEN[one] if one in made else NOT_MADE[one] for one in Attack)
    said = (users_said(users_turns) + _left(users_turns),) if users_turns else ()
    ends = (_cut(cut),) if cut and cut.records else ()
    missed = (CONTEXT[turns], *said, *ends, _unread(unread_records))
    return NEVER_COVERED + missed + open_ones + earlier + unasked + unread + not_measured(audit)


def users_said(found: UsersTurns) -> str:
    """What the original model made of users' turns, with both figures, and what was left out."""
    unmeasured = found.unmeasured or ()
    left_out = f" Not measured: {', '.join(map(_left_out, unmeasured))}." if unmeasured else ""
    if found.exact_memorization is None or found.loss is None:
        return f"Whether the original model recited what users said is not known.{left_out}"
    verb = "recited" if found.recited else "did not clearly recite"
    known = f"exact memorization {found.exact_memorization:.2f}, token loss {found.loss:.1f} nats"
    unseen = "there were no never-seen ones to compare with"
    if found.unseen_exact_memorization is not None and found.unseen_loss is not None:
        unseen = (
            f"in {found.unseen_conversations} never-seen ones "
            f"{found.unseen_exact_memorization:.2f} and {found.unseen_loss:.1f} nats"
        )
    elif any(one.unseen_conversations for one in unmeasured):
        unseen = "no never-seen one could be measured to compare with"
    return (
        f"The original model {verb} what users said: {known} "
        f"on their turns in {counted(found.conversations, 'conversation')} to forget; "
        f"{unseen}.{left_out}"
    )


def _left_out(some: Unmeasured) -> str:
    to_forget = f"{counted(some.conversations, 'conversation')} to forget"
    unseen = counted(some.unseen_conversations, "never-seen one")
    sets = ((some.conversations, to_forget), (some.unseen_conversations, unseen))
    told = " and ".join(words for count, words in sets if count)
    return f"{told} ({UNMEASURED[some.why]})"


def _left(found: UsersTurns) -> str:
    told = " It was not made to forget that, and the other figures do not show it."
    return told if found.recited else ""


def _cut(cut: CutRecords) -> str:
    told = (
        f"The ends of {cut.records} of {counted(cut.of, 'record')} to forget, which are longer "
        "than max_length: neither forgotten nor measured."
    )
    if cut.with_evidence:
        told += (
            f" In {cut.with_evidence} of them something that was found to be a person’s stands "
            "there alone; the model was not asked for it behind the record’s own words."
        )
    return told


def _unread(count: int | None) -> str:
    told = "not counted by the earlier version that made the run" if count is None else count
    return (
        f"Records of the corpus that the search could not read: {told}. Whom such a record is "
        "about, and whether the model was trained on it, is not known."
    )


def not_measured(audit: AuditResult) -> tuple[str, ...]:
    """One sentence for metrics that lack figures on the same splits for the same reason."""
    where: dict[tuple[str, str], dict[str, None]] = {}
    for one in map(finite_measurement, audit.measurements):
        if one.value is None:
            reason = one.not_measured or "no finite figure"
            name = label(one.metric) + (f" under {one.under}" if one.under else "")
            where.setdefault((name, reason), {})[one.split.value] = None
    together: dict[tuple[str, tuple[str, ...]], list[str]] = {}
    for (name, reason), splits in where.items():
        together.setdefault((reason, tuple(splits)), []).append(name)
    return tuple(
        f"Not measured: {'; '.join(metrics)} on {_listed(splits)} records ({reason})."
        for (reason, splits), metrics in together.items()
    )


def _listed(words: Sequence[str]) -> str:
    """a, b and c."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def finite_measurement(one: Measurement) -> Measurement:
    """NaN is no figure: it becomes 'not measured', with that reason."""
    figures = [figure for figure in (one.value, one.low, one.high) if figure is not None]
    if all(math.isfinite(figure) for figure in figures):
        return one
    reason = one.not_measured or "the computation gave no finite number"
    return one.model_copy(update={"value": None, "low": None, "high": None, "not_measured": reason})
