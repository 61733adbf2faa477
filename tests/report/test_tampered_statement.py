"""A dishonest signer, who has the key, signs another statement: why each is refused."""

from __future__ import annotations

import base64
import copy
import json
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.report.conftest import Written
from tests.report.test_tampering import MISMATCH, Tamper
from tests.report.test_verifying import attestation, payload_of, refused, sign_again
from unlearnkit.artefacts import canonical


def restated(change: Callable[[dict[str, Any]], object]) -> Tamper:
    """Change the statement and sign it with the real key."""

    def tamper(written: Written) -> None:
        statement = payload_of(written)
        change(statement)
        sign_again(written, canonical(statement))

    return tamper


STATEMENTS: dict[str, tuple[Tamper, str]] = {
    "another statement type": (
        restated(lambda one: one.update(_type="https://in-toto.io/Statement/v0.1")),
        "wrong statement type",
    ),
    "another predicate type": (
        restated(lambda one: one.update(predicateType="https://slsa.dev/provenance/v1")),
        "wrong predicate type",
    ),
    "one field more": (restated(lambda one: one.update(note=1)), "payload malformed"),
    "no subject": (restated(lambda one: one.update(subject=[])), "payload malformed"),
    "a subject twice": (
        restated(lambda one: one["subject"].append(one["subject"][0])),
        "not one report and one model",
    ),
    "a subject without digest": (
        restated(lambda one: one["subject"][0]["digest"].clear()),
        "was changed",
    ),
    "a subject nobody has": (
        restated(lambda one: one["subject"].append({"name": "x", "digest": {"sha256": "0" * 64}})),
        "x is missing",
    ),
    "a subject outside the folder": (
        restated(
            lambda one: one["subject"].append({"name": "../x", "digest": {"sha256": "0" * 64}})
        ),
        "../x is missing",
    ),
    "no claims": (restated(lambda one: one.update(predicate={})), "signed claims are malformed"),
    "one claim more": (
        restated(lambda one: one["predicate"].update(certified=True)),
        "signed claims are malformed: certified",
    ),
    "nothing out of scope": (
        restated(lambda one: one["predicate"]["outOfScope"].update(notCovered=[])),
        "signed claims are malformed: outOfScope.notCovered",
    ),
}


@pytest.mark.parametrize(("tamper", "says"), STATEMENTS.values(), ids=STATEMENTS.keys())
def test_another_statement_signed_with_the_key_is_refused(
    written: Written, tamper: Tamper, says: str
) -> None:
    tamper(written)
    assert says in refused(written)


def test_a_payload_that_two_readers_could_read_differently_is_refused(written: Written) -> None:
    """A name that stands twice is the first value to some programs and the last to others."""
    payload = canonical(payload_of(written))
    twice = payload.replace(b'"predicateType":', b'"predicateType":"x","predicateType":', 1)
    sign_again(written, twice)
    assert "payload malformed: it is not in canonical form" in refused(written)


def leaves(found: Any, at: tuple[Any, ...] = ()) -> Iterator[tuple[Any, ...]]:
    """The path of every value; of a long list its first and last."""
    if isinstance(found, dict):
        inside = list(found.items())
    elif isinstance(found, list):
        inside = [(index, found[index]) for index in sorted({0, len(found) - 1})] if found else []
    else:
        yield at
        return
    for name, value in inside:
        yield from leaves(value, (*at, name))


def other_value(value: Any) -> Any:
    if isinstance(value, bool):
        return int(value)
    if isinstance(value, int | float):
        return value + 1
    if isinstance(value, str):
        return ("0" if value[:1] != "0" else "1") + value[1:]
    return 1


def test_no_field_of_the_statement_can_be_changed_with_the_key_or_without(
    written: Written,
) -> None:
    statement = payload_of(written)
    whole = attestation(written).read_bytes()
    paths = list(leaves(statement))
    assert len(paths) > 80
    for path in paths:
        changed = copy.deepcopy(statement)
        inner: Any = changed
        for step in path[:-1]:
            inner = inner[step]
        inner[path[-1]] = other_value(inner[path[-1]])

        bundle = json.loads(whole)
        bundle["dsseEnvelope"]["payload"] = base64.b64encode(canonical(changed)).decode()
        attestation(written).write_bytes(canonical(bundle) + b"\n")
        assert MISMATCH in refused(written), path

        sign_again(written, canonical(changed))
        message = refused(written)
        field = path[1] if path[0] == "predicate" else path[0]
        expected = {
            "_type": "wrong statement type",
            "predicateType": "wrong predicate type",
            "subject": ("was changed", "is missing", "payload malformed"),
        }.get(field, (f"contradicts the signed claims: ['{field}']", f"malformed: {field}"))
        says = (expected,) if isinstance(expected, str) else expected
        assert any(one in message for one in says), (path, message)
