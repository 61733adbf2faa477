"""What the terminal shows of probes when there are more requests than fit a screen."""

from __future__ import annotations

import pytest

from unlearnkit.cli.figures import REQUESTS_SHOWN, show_asking
from unlearnkit.domain import AskedOf, Asking


def unasked(count: int) -> Asking:
    """Of so many requests nothing was asked."""
    requests = tuple(
        AskedOf(request_id=f"request-{at:03}", kept=1, asked=0, least_seen=None)
        for at in range(count)
    )
    return Asking(budget_seconds=1.0, kept=count, asked=0, asked_before=0, requests=requests)


@pytest.mark.parametrize(("more", "told"), [(0, ""), (3, "and 3 more; --json has all\n")])
def test_requests_that_were_not_asked_are_counted_where_they_are_too_many(
    capsys: pytest.CaptureFixture[str], more: int, told: str
) -> None:
    show_asking(unasked(REQUESTS_SHOWN + more))
    shown = capsys.readouterr().out
    assert shown.count("nothing is known") == REQUESTS_SHOWN
    assert shown.endswith("┘\n" + told)
