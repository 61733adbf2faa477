"""What a reader of a report must know before relying on a figure."""

from __future__ import annotations

from collections import Counter

from unlearnkit.domain import FEWEST_PEOPLE, AuditResult, ModelRole, Split


def _drawn(audit: AuditResult) -> str:
    """What the intervals resample, and for whom they speak."""
    found = audit.measurement("exact_memorization", Split.FORGET, ModelRole.UNLEARNED)
    people = found.people if found else None
    if people is None:
        return " over records"
    if people >= FEWEST_PEOPLE:
        return f" over people, whose records are drawn together ({people} of the forgotten)"
    whose = "one person’s" if people == 1 else f"{people} people’s"
    return (
        f", of the forgotten over records: they are {whose}, too few to speak for anybody else’s, "
        "so that what is said is about these records only; of six people or more they are over "
        "people"
    )


def standard_limitations(audit: AuditResult) -> tuple[str, ...]:
    """What a reader must know before relying on a figure, one sentence each."""
    seen = {(one.split, one.record_id) for one in audit.records}
    counts = Counter(split for split, _ in seen)
    told = ", ".join(f"{counts[split]} {split}" for split in Split if split in counts)
    yes = ModelRole.REFERENCE in audit.models
    return (
        f"The figures are means over a limited number of records ({told}); "
        f"the figures have 95 % intervals{_drawn(audit)}.",
        "One unlearning run with one seed: the intervals do not hold the spread between runs.",
        "The never-seen records were given by the operator; how comparable they are is the "
        "operator’s judgement."
        if audit.holdout_origin == "given"
        else "No never-seen records were given: decoys were generated in their place, and how "
        "comparable they are was not measured. Membership inference against them tells rewritten "
        "records from true ones, and of the kept records what they are about as well.",
        "A model retrained without the records was audited beside this one; retraining with "
        "another seed would give slightly other figures."
        if yes
        else "No model retrained without the records was given, so nothing here compares with one.",
        "Passing a policy says that its thresholds were met, and nothing beyond them.",
    )
