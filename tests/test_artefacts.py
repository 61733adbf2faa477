"""One way to write JSON that is hashed or signed, for ledger and reports alike."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel

from unlearnkit.artefacts import canonical, digest_of, document_digest

INTEGERS = st.integers(-(2**53) + 1, 2**53 - 1)
NUMBERS = st.floats(-(2.0**53), 2.0**53, exclude_min=True, exclude_max=True)
"""Larger ones are written without a point, and read back as integers that are refused."""
JSON = st.recursive(
    st.none() | st.booleans() | INTEGERS | NUMBERS | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(st.dictionaries(st.text(), JSON))
def test_canonical_bytes_depend_on_the_value_alone(document: dict[str, Any]) -> None:
    """Not on the order of the keys, nor on having been written and read back."""
    written = canonical(document)
    assert canonical(dict(reversed(document.items()))) == written
    assert canonical(json.loads(written)) == written


@pytest.mark.parametrize("value", [math.nan, math.inf, 2**53, {"a": [-(2**60)]}])
def test_what_readers_would_read_differently_is_refused(value: object) -> None:
    with pytest.raises(ValueError):
        canonical({"a": value})


def test_a_documents_digest_is_that_of_its_canonical_bytes() -> None:
    class Document(BaseModel):
        b: int = 1
        a: str = "x"

    assert canonical(Document().model_dump()) == b'{"a":"x","b":1}'
    assert document_digest(Document()) == digest_of({"a": "x", "b": 1})  # type: ignore[dict-item]
