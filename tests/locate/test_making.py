"""A list says by itself under which key it was made, and what it lacks of today's."""

from __future__ import annotations

import hashlib

import pytest

from tests.locate.world import EMAIL, KEY, NAME, NUMBER, PHONE, REQUEST
from unlearnkit.corpus.normalise import REGIONS
from unlearnkit.domain import Forgotten, Identifier, IdentifierKind
from unlearnkit.errors import BadInput
from unlearnkit.locate.do_not_train import of_request
from unlearnkit.locate.making import EDITION, of_earlier_editions, of_making, refuse_other_key

K = IdentifierKind
ANOTHER = "00000000-d5d6-44b2-9831-815ac9017798"
LINE = Forgotten(REQUEST, "email", "00")


def test_a_list_of_another_key_is_refused_and_one_that_does_not_say_is_not() -> None:
    refuse_other_key([LINE, *of_making(REQUEST, KEY)], KEY)
    refuse_other_key([LINE], b"other" * 7)
    with pytest.raises(BadInput, match="another workspace's key"):
        refuse_other_key([LINE, *of_making(REQUEST, KEY)], b"other" * 7)


def test_a_list_that_does_not_say_its_edition_is_an_earlier_one() -> None:
    entries = [LINE, *of_making(REQUEST, KEY), Forgotten(ANOTHER, "email", "11")]
    assert of_earlier_editions(entries) == (ANOTHER,)


@pytest.mark.parametrize(("more", "earlier"), [(-1, (REQUEST,)), (0, ()), (1, ())])
def test_editions_follow_one_another(more: int, earlier: tuple[str, ...]) -> None:
    entries = [LINE, Forgotten(REQUEST, f"edition:{EDITION + more}", "22")]
    assert of_earlier_editions(entries) == earlier


def test_whoever_changes_what_is_listed_counts_the_edition_on() -> None:
    """Then lists that were made before are told: put in what comes out now."""
    given = [
        *(NAME, EMAIL, PHONE, NUMBER),
        *(
            Identifier(K.NAME, one)
            for one in ("Dr. Robert James Smith-Miller", "Иван Иванов", "張 偉", "Anna Müller")
        ),
        Identifier(K.HANDLE, "@zolta.q"),
        Identifier(K.ADDRESS, "12 Elm St., Oslo"),
        Identifier(K.DATE_OF_BIRTH, "1984-03-07"),
        *(Identifier(K.OTHER, one) for one in ("DE89 3704 0044 0532 0130 00", "X12-99 871")),
        Identifier(K.EMAIL, "ab" * 32, "sha256"),
    ]
    lines = sorted(f"{one.kind} {one.hash}" for one in of_request(REQUEST, given, KEY, REGIONS))
    digest = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    assert (EDITION, digest[:16]) == (2, "cde0334ddb410d22")
