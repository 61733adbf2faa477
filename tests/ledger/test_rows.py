"""A request that comes verified: received first, and what was said of it, apart."""

from __future__ import annotations

from datetime import timedelta

from tests.ledger.samples import NOW, request, unverified, verified
from unlearnkit.domain import IdentityVerification
from unlearnkit.ledger.rows import as_received, declared


def test_what_was_received_says_nothing_yet_of_the_verification() -> None:
    assert as_received(verified()) == unverified()
    for one in (unverified(), request()):
        assert as_received(one) == one


def test_what_it_says_of_the_verification_is_taken_from_it() -> None:
    said = IdentityVerification(
        "letter to the address on file", "front desk", NOW - timedelta(hours=2)
    )
    assert declared(verified()) == said
    assert declared(unverified()) is None
    assert declared(request()) is None
