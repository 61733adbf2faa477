"""The envelope inside report.html: for whoever is handed the page and nothing else.

It is a bundle as attestation.json is one, and signs the same but for the page itself, which cannot
hold its own digest. In attestation.json's place it is refused: it is about no page.
"""

from __future__ import annotations

import re
from base64 import b64decode, b64encode
from binascii import Error as NotBase64
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from unlearnkit.artefacts import canonical, read_canonical
from unlearnkit.errors import VerificationFailed
from unlearnkit.keys import SigningKey
from unlearnkit.report.bundle import opened_bundle, sign_statement

PAGE = "report.html"
_LINK = re.compile(
    rb'download="embedded\.json" href="data:application/json;base64,([A-Za-z0-9+/=]+)"'
)
"""As report.html.j2 writes it: a template of one's own may have other links to data."""


def to_embed(statement: Mapping[str, Any], key: SigningKey) -> str:
    """Base64 of the bundle around a Statement that is about everything but the page.

    Raises what `sign_statement` raises.
    """
    return b64encode(sign_statement(statement, key)).decode()


def still_said(page: bytes, key: SSlibKey, statement: Mapping[str, Any]) -> str:
    """What an earlier page embeds, where it is the key's over this same Statement; else empty.

    A signature is another each time, and the same report is to be the same page.
    """
    found = embedded_in(page)
    return "" if found and contradiction(found, key, canonical(statement)) else found


def embedded_in(page: bytes) -> str:
    """The bundle in a page, in base64 and unverified; empty where there is none, or several."""
    found = _LINK.findall(page)
    return found[0].decode() if len(found) == 1 else ""


def contradiction(embedded: str, key: SSlibKey, signed: bytes) -> str:
    """Why this is not the key's envelope over what is signed but for the page; empty where it is.

    `signed` is the Statement that attestation.json signs, in canonical JSON.
    """
    statement = read_canonical(signed)
    try:
        opened = opened_bundle(b64decode(embedded, validate=True), key, Path(PAGE))
    except NotBase64:
        return "it is no base64"
    except VerificationFailed as error:
        return error.what
    others = [one for one in statement["subject"] if one["name"] != PAGE]
    same = opened.envelope.payload == canonical({**statement, "subject": others})
    return "" if same else "it says something else than attestation.json"
