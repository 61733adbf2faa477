"""What a person is told when the database fails: what it was, where, what to do."""

from __future__ import annotations

import pytest

from unlearnkit.errors import BadInput, Busy, UnlearnkitError, VerificationFailed
from unlearnkit.ledger.trouble import Trouble, in_words


@pytest.mark.parametrize(
    ("trouble", "kind", "what", "fix"),
    [
        (Trouble.BUSY, Busy, "held the ledger for 10 seconds", "run the same command again"),
        (Trouble.DAMAGED, VerificationFailed, "this file is damaged", "from a backup"),
        (Trouble.FULL, BadInput, "the disk is full", "Free some disk space"),
        (Trouble.OTHER, BadInput, "cannot be used: no such host", ""),
    ],
)
def test_each_trouble_has_its_error_its_place_and_its_way_out(
    trouble: Trouble, kind: type[UnlearnkitError], what: str, fix: str
) -> None:
    error = in_words(trouble, "no such host", "/srv/ledger.db", 10.0)
    assert type(error) is kind
    assert what in error.what
    assert error.where == "/srv/ledger.db"
    assert fix in error.fix and bool(fix) == bool(error.fix)


def test_the_databases_own_words_are_used_where_nothing_better_is_known() -> None:
    for trouble in Trouble:
        error = in_words(trouble, "own words", "/srv/ledger.db", 0.5)
        assert ("own words" in error.what) is (trouble is Trouble.OTHER)
