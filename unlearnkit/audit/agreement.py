"""Whether an audit made again found what the first one did, figure by figure.

On the same machine every figure comes out the same to the last digit. Another processor, or
another version of a library, rounds otherwise; figures of generated texts can then move by more,
because one other token makes another text. So nothing is called equal that is not, and what lies
within rounding is counted apart from what is the same.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from unlearnkit.domain import Measurement, finite

ROUNDING = 1e-3
"""Of a figure's size."""
SMALL = 1e-6
"""Less than this is no difference of any figure, be it ever so small itself."""

NO_DECOYS = (
    "no record here has perturbed texts or decoys",
    "no retained record here has perturbed texts and a continuation",
)
"""Reasons that an earlier version gave, which made no decoys of kept records."""


@dataclass(frozen=True, slots=True)
class Apart:
    """One figure that was said and was not found again."""

    said: Measurement
    found: Measurement


@dataclass(frozen=True, slots=True)
class Agreement:
    """How the figures of two audits of one model compare."""

    same: int
    """Equal to the last digit, n included; figures that neither could measure count too."""
    close: int
    """Equal but for rounding."""
    apart: tuple[Apart, ...]
    unmeasured: tuple[Measurement, ...]
    """No agreement, and no contradiction: said, and not measured again; or what an earlier version
    could not measure."""

    @property
    def holds(self) -> bool:
        """Whether something was measured again, and nothing of it contradicts what was said."""
        return not self.apart and self.same + self.close > 0


def agreement(said: Iterable[Measurement], found: Iterable[Measurement]) -> Agreement:
    """Compare what was said with what was found; what only the second audit has is left out.

    A figure that had a value and now has none was not measured again; one that had none and now has
    a value contradicts the reason that was given for it. What is no finite number is no value, as
    in a report.
    """
    again = {_key(one): one for one in found}
    same, close, apart, unmeasured = 0, 0, [], []
    for one in said:
        other = again.get(_key(one))
        if other is None:
            unmeasured.append(one)
            continue
        was, now = finite(one.value), finite(other.value)
        first_made = was is None and now is not None and one.not_measured in NO_DECOYS
        if first_made or (was is not None and now is None):
            unmeasured.append(one)
        elif (was, one.n) == (now, other.n):
            same += 1
        elif was is None and now is None:
            unmeasured.append(one)  # as beside a retrained model, of which another was not given
        elif one.n == other.n and _within_rounding(was, now):
            close += 1
        else:
            apart.append(Apart(one, other))
    return Agreement(same, close, tuple(apart), tuple(unmeasured))


def _within_rounding(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return False
    return abs(one - other) <= max(SMALL, ROUNDING * abs(one))


def _key(one: Measurement) -> tuple[str, str, str, str]:
    return one.metric, one.split.value, one.model.value, one.under
