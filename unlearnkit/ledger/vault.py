"""Who a request is about, encrypted: one random data key per request.

Without its data key a subject cannot be read, so deleting the key's row is erasure of every copy
(crypto-shredding; NIST SP 800-88 Rev. 1, section 2.5, cryptographic erase).
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Sequence
from dataclasses import dataclass, field

from unlearnkit.domain import Identifier, IdentifierKind, Subject
from unlearnkit.errors import VerificationFailed


@dataclass(frozen=True, slots=True)
class Sealed:
    """An encrypted Subject; holds nothing that says who it is."""

    request_id: str
    wrapped_key: bytes = field(repr=False)
    """The data key, wrapped by the workspace's vault key (AES key wrap, RFC 3394)."""
    nonce: bytes = field(repr=False)
    ciphertext: bytes = field(repr=False)


def seal(subject: Subject, vault_key: bytes) -> Sealed:
    """Encrypt with AES-256-GCM (NIST SP 800-38D); the request id is authenticated with it.

    `vault_key` is 32 bytes. The same subject never gives the same bytes twice.
    """
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM
    from cryptography.hazmat.primitives.keywrap import aes_key_wrap

    data_key = AESGCM.generate_key(bit_length=256)
    nonce = secrets.token_bytes(12)
    identifiers = [[one.kind.value, one.value, one.format] for one in subject.identifiers]
    return Sealed(
        request_id=subject.request_id,
        wrapped_key=aes_key_wrap(vault_key, data_key),
        nonce=nonce,
        ciphertext=AESGCM(data_key).encrypt(
            nonce, json.dumps(identifiers).encode(), subject.request_id.encode()
        ),
    )


def unseal(sealed: Sealed, vault_key: bytes) -> Subject:
    """The subject as it was sealed. Raises VerificationFailed: other key, other id, one bit off."""
    from cryptography.exceptions import InvalidTag
    from cryptography.hazmat.primitives.ciphers.aead import AESGCM

    data_key = _data_key(sealed, vault_key)
    try:
        plain = AESGCM(data_key).decrypt(
            sealed.nonce, sealed.ciphertext, sealed.request_id.encode()
        )
    except (InvalidTag, ValueError):
        # ValueError: a key or nonce of a length that was never written here.
        raise _unreadable(sealed) from None
    return Subject(
        sealed.request_id,
        tuple(
            Identifier(IdentifierKind(kind), value, how) for kind, value, how in json.loads(plain)
        ),
    )


def joint_key(parts: Sequence[Sealed], vault_key: bytes, purpose: str) -> bytes:
    """32 bytes that all these requests' data keys are needed for (HKDF-SHA-256, RFC 5869).

    It is kept nowhere: when one of the data keys is destroyed, nobody can make it again. The order
    of the requests does not count. Raises VerificationFailed, as `unseal` does.
    """
    from cryptography.hazmat.primitives.hashes import SHA256
    from cryptography.hazmat.primitives.kdf.hkdf import HKDF

    ordered = sorted(parts, key=lambda one: one.request_id)
    secret = b"".join(_data_key(one, vault_key) for one in ordered)
    info = f"unlearnkit {purpose} v1".encode()
    return HKDF(algorithm=SHA256(), length=32, salt=None, info=info).derive(secret)


def _data_key(sealed: Sealed, vault_key: bytes) -> bytes:
    from cryptography.hazmat.primitives.keywrap import InvalidUnwrap, aes_key_unwrap

    try:
        return aes_key_unwrap(vault_key, sealed.wrapped_key)
    except (InvalidUnwrap, ValueError):
        raise _unreadable(sealed) from None


def _unreadable(sealed: Sealed) -> VerificationFailed:
    return VerificationFailed(
        f"the identifiers of request {sealed.request_id} cannot be decrypted: "
        "the vault was changed, or the workspace has another key",
        fix="Put keys/workspace.key and the ledger back from the same backup.",
    )
