from __future__ import annotations

import pytest

from tests.report import sample
from unlearnkit.report.limitations import standard_limitations


def test_the_limitations_count_the_records_of_every_split() -> None:
    audit = sample.audit(sample.manifest(), reference=False)
    assert "(24 forget, 60 retain, 20 neighbour, 40 holdout)" in standard_limitations(audit)[0]


@pytest.mark.parametrize(
    ("people", "says"),
    [
        (None, "intervals over records."),
        (1, "they are one person’s, too few to speak for anybody else’s"),
        (5, "they are 5 people’s, too few"),
        (6, "over people, whose records are drawn together (6 of the forgotten)."),
    ],
)
def test_the_limitations_say_for_whom_the_intervals_speak(people: int | None, says: str) -> None:
    audit = sample.audit(sample.manifest(), reference=False)
    known = [one.model_copy(update={"people": people}) for one in audit.measurements]
    told = standard_limitations(audit.model_copy(update={"measurements": tuple(known)}))[0]
    assert says in told
