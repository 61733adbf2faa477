"""Nobody reads a subject without the vault key, and nobody changes one unseen."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.ledger.samples import VAULT_KEY, request, subject
from unlearnkit.domain import Identifier, IdentifierKind, Subject
from unlearnkit.errors import VerificationFailed
from unlearnkit.ledger.vault import joint_key, seal, unseal

IDENTIFIERS = st.builds(
    Identifier,
    st.sampled_from(IdentifierKind),
    st.text(max_size=50),
    st.sampled_from(["raw", "sha1", "md5", "sha256"]),
)


@given(st.lists(IDENTIFIERS, max_size=5))
def test_what_is_sealed_comes_back(identifiers: list[Identifier]) -> None:
    one = Subject(request().id, tuple(identifiers))
    assert unseal(seal(one, VAULT_KEY), VAULT_KEY) == one


def test_the_same_subject_never_looks_the_same() -> None:
    one, two = seal(subject(), VAULT_KEY), seal(subject(), VAULT_KEY)
    assert one.ciphertext != two.ciphertext
    assert one.wrapped_key != two.wrapped_key
    assert b"Zoltana" not in one.ciphertext


def test_each_subject_has_a_key_of_256_bits_and_a_nonce_of_96() -> None:
    """NIST SP 800-38D, 8.2; the key is 8 bytes longer wrapped, RFC 3394."""
    sealed = seal(subject(), VAULT_KEY)
    assert (len(sealed.wrapped_key) - 8, len(sealed.nonce)) == (32, 12)


def test_another_key_opens_nothing() -> None:
    with pytest.raises(VerificationFailed, match="another key") as refusal:
        unseal(seal(subject(), VAULT_KEY), b"w" * 32)
    assert refusal.value.exit_code == 4
    assert "ledger back from the same backup" in refusal.value.fix


@given(st.data())
def test_one_flipped_bit_is_noticed(data: st.DataObject) -> None:
    sealed = seal(subject(), VAULT_KEY)
    part = data.draw(st.sampled_from(["wrapped_key", "nonce", "ciphertext"]))
    content = bytearray(getattr(sealed, part))
    bit = data.draw(st.integers(0, len(content) * 8 - 1))
    content[bit // 8] ^= 1 << bit % 8
    with pytest.raises(VerificationFailed):
        unseal(replace(sealed, **{part: bytes(content)}), VAULT_KEY)


def test_a_subject_cannot_be_put_under_another_request() -> None:
    with pytest.raises(VerificationFailed):
        unseal(replace(seal(subject(1), VAULT_KEY), request_id=request(2).id), VAULT_KEY)


@pytest.mark.parametrize("part", ["wrapped_key", "nonce", "ciphertext"])
def test_a_part_that_was_emptied_is_noticed(part: str) -> None:
    with pytest.raises(VerificationFailed):
        unseal(replace(seal(subject(), VAULT_KEY), **{part: b""}), VAULT_KEY)


def test_a_joint_key_takes_every_data_key_and_a_purpose() -> None:
    one, two = seal(subject(1), VAULT_KEY), seal(subject(2), VAULT_KEY)
    made = joint_key([one, two], VAULT_KEY, "run a")
    assert made == joint_key([two, one], VAULT_KEY, "run a")
    others = [
        joint_key([one], VAULT_KEY, "run a"),
        joint_key([two], VAULT_KEY, "run a"),
        joint_key([one, two], VAULT_KEY, "run b"),
        joint_key([one, seal(subject(2), VAULT_KEY)], VAULT_KEY, "run a"),
    ]
    assert len({made, *others}) == 5
    assert {len(key) for key in (made, *others)} == {32}


def test_a_joint_key_is_not_made_with_another_vault_key() -> None:
    with pytest.raises(VerificationFailed, match="another key"):
        joint_key([seal(subject(1), VAULT_KEY)], b"w" * 32, "run a")
