"""Identifiers of which a request gives only the digest."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import pytest

from tests.locate.conftest import Build
from tests.locate.test_screening import matches, sureness
from tests.locate.world import CERTAIN, EMAIL, KEY, REQUEST, UNCERTAIN
from unlearnkit.corpus.normalise import REGIONS
from unlearnkit.domain import Identifier, IdentifierKind
from unlearnkit.locate.digests import digest_spellings
from unlearnkit.locate.do_not_train import Reviewed, of_records, of_request

K = IdentifierKind
DIGESTS: dict[str, Callable[[bytes], str]] = {
    "sha256": lambda text: hashlib.sha256(text).hexdigest(),
    "sha1": lambda text: hashlib.sha1(text).hexdigest(),
    "md5": lambda text: hashlib.md5(text).hexdigest(),
}
HASHED = [
    (K.EMAIL, "zoltana@quibble.example", "Zoltana@Quibble.example"),
    (K.EMAIL, "Zoltana@Quibble.example", "Zoltana@Quibble.example"),
    (K.PHONE, "+12125550142", "(212) 555-0142"),
    (K.PHONE, "12125550142", "(212) 555-0142"),
    (K.CUSTOMER_ID, "C-770077", "C-770077"),
    (K.CUSTOMER_ID, "c-770077", "C-770077"),
    (K.CUSTOMER_ID, "C770077", "c-770077"),
]


@pytest.mark.parametrize("digest", ["sha256", "sha1", "md5"])
@pytest.mark.parametrize(("kind", "hashed", "written"), HASHED)
def test_a_hash_finds_what_it_is_the_hash_of(
    world: Build, digest: str, kind: IdentifierKind, hashed: str, written: str
) -> None:
    value = DIGESTS[digest](hashed.encode()).upper()
    matches = world(f"it is {written} now", "C-770078, a@quibble.example, (212) 555-0143").find(
        Identifier(kind, value, digest)  # type: ignore[arg-type]
    )
    assert list(matches) == ["1"]
    assert matches["1"].evidence[0].how == "hashed"


def test_a_hashed_name_is_found_where_ner_sees_the_name(world_with_names: Build) -> None:
    value = DIGESTS["sha256"](b"robert smith")
    matches = world_with_names("Robert Smith called.", "Anna Jones called.").find(
        Identifier(K.NAME, value, "sha256")
    )
    assert list(matches) == ["1"]
    assert matches["1"].evidence[0].how == "hashed"


@pytest.mark.parametrize(
    ("kind", "value", "spellings"),
    [
        (K.EMAIL, "Mira@Quibble.example", {"Mira@Quibble.example", "mira@quibble.example"}),
        (K.PHONE, "044 668 18 00", {"044 668 18 00", "+41446681800", "41446681800"}),
        (K.CUSTOMER_ID, "c-1042", {"c-1042", "C1042"}),
    ],
)
def test_a_digest_may_be_of_the_value_as_it_stands_or_normalised(
    kind: IdentifierKind, value: str, spellings: set[str]
) -> None:
    for written in (value, f" {value}\n"):
        assert digest_spellings(kind, written, ("CH",)) == spellings


BY_DIGEST = Identifier(K.EMAIL, hashlib.sha256(EMAIL.value.encode()).hexdigest(), "sha256")


@pytest.mark.parametrize(
    "text",
    [
        "write to Zoltana (at) quibble.example now",
        "write to zoltana[at]quibble.example",
        "https://x.example/?mail=zoltana%40quibble.example&y",
        "write to zoltana＠quibble.example",
        "see _zoltana@quibble.example_, thanks",
    ],
)
def test_an_address_is_found_behind_other_signs(world: Build, text: str) -> None:
    found = world(text, "write to zoltan (at) quibble.example")
    assert found.certainty(BY_DIGEST) == {"1": CERTAIN}
    assert sureness(found, BY_DIGEST) == {"1": "certain"}


def test_what_may_be_a_part_of_another_address_is_asked_about(world: Build) -> None:
    found = world("write to _zoltana (at) quibble.example")
    assert found.certainty(BY_DIGEST) == {"1": UNCERTAIN}
    assert sureness(found, BY_DIGEST) == {"1": "uncertain"}


@pytest.mark.parametrize(
    ("kind", "value", "text"),
    [
        (K.CUSTOMER_ID, "C-770077", "Order SKU-C-770077-07"),
        (K.EMAIL, EMAIL.value, "write to _zoltana@quibble.example"),
    ],
)
def test_what_was_detected_inside_something_longer_is_asked_about(
    world: Build, kind: IdentifierKind, value: str, text: str
) -> None:
    """As where the request gives the identifier itself."""
    found = world(text, f"{value} is late")
    for given in (
        Identifier(kind, value),
        Identifier(kind, hashlib.sha256(value.encode()).hexdigest(), "sha256"),
    ):
        assert found.certainty(given) == {"1": UNCERTAIN, "2": CERTAIN}
        assert sureness(found, given) == {"1": "uncertain", "2": "certain"}


def test_it_is_the_persons_own_as_one_that_is_given(world: Build) -> None:
    """Their customer number is followed from it."""
    found = world(
        "zoltana (at) quibble.example is C-880088", "C-880088 is late", "zoltana@x.example"
    )
    assert found.certainty(BY_DIGEST) == found.certainty(EMAIL) == {"1": CERTAIN, "2": CERTAIN}


def test_the_list_has_the_address_itself(world: Build) -> None:
    found = world("Nothing else is said: write to zoltana (at) quibble.example")
    reviewed = Reviewed(found.locate(BY_DIGEST).matches)
    kept = of_records(REQUEST, reviewed, found.corpus.by_id(), KEY, REGIONS)
    assert of_request(REQUEST, [EMAIL], KEY, REGIONS) <= kept
    assert list(matches(world("zoltana+tag@quibble.example"), more=kept)) == ["1"]
