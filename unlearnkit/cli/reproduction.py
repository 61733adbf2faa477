"""What `audit --reproduce` answers: which figures of a report were found again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from unlearnkit.cli.terminal import out, table
from unlearnkit.counted import counted, noun

if TYPE_CHECKING:
    from unlearnkit.domain import Measurement
    from unlearnkit.pipeline.reproduce import Reproduction

LISTED = 20


def reproduced(found: Reproduction) -> dict[str, Any]:
    """The answer for machines."""
    agreement = found.agreement
    return {
        "run": found.run_id,
        "keyid": found.keyid,
        "holds": agreement.holds,
        "same": agreement.same,
        "close": agreement.close,
        "apart": [{"said": one.said, "found": one.found} for one in agreement.apart],
        "unmeasured": list(agreement.unmeasured),
    }


def show_reproduction(found: Reproduction) -> None:
    """Counts, then every figure that came out otherwise, then what was not measured again."""
    agreement = found.agreement
    differ = f"{len(agreement.apart)} {noun(len(agreement.apart), 'differs', 'differ')}"
    out.print(
        f"{found.run_id}: {counted(agreement.same, 'figure')} {noun(agreement.same, 'is', 'are')} "
        f"the same, {agreement.close} but for rounding, {differ}; {len(agreement.unmeasured)} "
        f"{noun(len(agreement.unmeasured), 'was', 'were')} not measured again.",
        highlight=False,
        soft_wrap=True,
    )
    if agreement.apart:
        rows = [
            [*_named(one.said), _shown(one.said), _shown(one.found)]
            for one in agreement.apart[:LISTED]
        ]
        columns = ["figure", "records", "model", "in the report", "found"]
        out.print(table("Figures that differ", columns, rows, numbers=2))
    if len(agreement.apart) > LISTED:
        out.print(f"... and {len(agreement.apart) - LISTED} more: --json has all.")
    names = sorted({one.metric for one in agreement.unmeasured})
    if names:
        out.print(f"Not measured again: {', '.join(names)}", highlight=False, soft_wrap=True)


def _named(one: Measurement) -> tuple[str, str, str]:
    metric = f"{one.metric} ({one.under})" if one.under else one.metric
    return metric, one.split.value, one.model.value


def _shown(one: Measurement) -> str:
    return "-" if one.value is None else f"{one.value:.6g} (n {one.n})"
