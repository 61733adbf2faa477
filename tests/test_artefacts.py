"""One way to write JSON that is hashed or signed, for ledger and reports alike."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from unlearnkit.artefacts import canonical, digest_of, document_digest, read_canonical

INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
NUMBERS = st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | INTEGERS | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), JSON))
def test_canonical_bytes_depend_on_the_value_alone(document: dict[str, Any]) -> None:
    """Not on the order of the keys, nor on having been written and read back."""
    written = canonical(document)
    assert canonical(dict(reversed(document.items()))) == written
    assert canonical(read_canonical(written)) == written


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**53, {"a": [-(2**60)]}])
def test_what_readers_would_read_differently_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        canonical({"a": value})


@pytest.mark.parametrize("digits", [b"9007199254740993", b"1" * 400, b"1" * 5000])
def test_a_whole_number_that_no_float_is_does_not_come_out_the_same(digits: bytes) -> None:
    with pytest.raises((ValueError, OverflowError, AssertionError)):
        assert canonical(read_canonical(b'{"a":' + digits + b"}")) == b'{"a":' + digits + b"}"


def test_a_documents_digest_is_that_of_its_canonical_bytes() -> None:
    class Document(BaseModel):
        b: int = 1
        a: str = "x"

    assert canonical(Document().model_dump()) == b'{"a":"x","b":1}'
    assert document_digest(Document()) == digest_of({"a": "x", "b": 1})  # type: ignore[dict-item]
