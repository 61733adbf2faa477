"""Hashes and keys of ledgers that are in use: made otherwise, none of them would hold any more."""

from __future__ import annotations

import hashlib
import json

from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from cryptography.hazmat.primitives.keywrap import aes_key_unwrap

from tests.ledger.samples import VAULT_KEY, subject
from unlearnkit.domain import Forgotten
from unlearnkit.ledger.chain import export_line, next_event
from unlearnkit.ledger.listing import listed_payload
from unlearnkit.ledger.vault import joint_key, seal


def test_an_event_is_exported_as_canonical_json_and_hashed_without_its_hash() -> None:
    """RFC 8785: sorted names, no spaces, UTF-8."""
    event = next_event(
        None, time="t", actor="dpo", kind="located", request_id=None, payload={"note": "ü", "a": 1}
    )
    line = export_line(event)
    assert line.endswith(b"}\n") and line.count(b"\n") == 1
    said = json.loads(line)
    assert said.pop("hash") == event.hash
    bare = json.dumps(said, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    assert hashlib.sha256(bare.encode()).hexdigest() == event.hash


def test_a_list_is_digested_line_by_line_sorted_and_each_once() -> None:
    some = [Forgotten("r", "name", "b"), Forgotten("r", "email", "a"), Forgotten("r", "name", "b")]
    text = "email\x1fa\nname\x1fb\n"
    assert listed_payload(some) == {
        "entries": 2,
        "kinds": {"email": 1, "name": 1},
        "digest": hashlib.sha256(text.encode()).hexdigest(),
    }


def test_a_joint_key_is_derived_from_the_data_keys_in_the_order_of_their_requests() -> None:
    """HKDF-SHA-256 without salt, RFC 5869."""
    one, two = seal(subject(1), VAULT_KEY), seal(subject(2), VAULT_KEY)
    secret = b"".join(aes_key_unwrap(VAULT_KEY, each.wrapped_key) for each in (one, two))
    expected = HKDF(SHA256(), 32, None, b"unlearnkit run a v1").derive(secret)
    assert joint_key([two, one], VAULT_KEY, "run a") == expected
