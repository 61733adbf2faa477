"""Keyed hashes: how anything outside the vault refers to a person's identifier."""

from __future__ import annotations

import hashlib
import hmac


def keyed_hash(key: bytes, kind: str, normalised: str) -> str:
    """HMAC-SHA-256 (RFC 2104) of a normalised identifier under the workspace's key, 32 hex digits.

    `kind` is part of the message, so equal strings of different kinds do not collide.
    """
    return hmac.new(key, f"{kind}\x1f{normalised}".encode(), hashlib.sha256).hexdigest()[:32]
