"""model.sig: the model's folder signed in the OpenSSF model-signing format (v1.0).

`model_signing verify key MODEL --signature model.sig --public_key KEY.pub` checks it, so that who
deploys the model need not know unlearnkit. The format is sigstore/model-transparency's: a Sigstore
bundle around a Statement that lists every file. It leaves out git's own files (.gitattributes), and
of an adapter it covers the adapter's folder, not the base's: the attestation covers both.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from securesystemslib.dsse import Envelope
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from unlearnkit.errors import BadInput
from unlearnkit.keys import ReportKey, SigningKey
from unlearnkit.report.signing import NO_ENVELOPE, signed_by

MODEL_SIGNATURE = "model.sig"
MODEL_KEY = "model.pub"
"""The public key of that signature, where reports are signed with a key that the format does not
take: signed with the report, and so as trustworthy as the report's own key."""
PREDICATE_TYPE = "https://model_signing/signature/v1.0"
_GIT = (".git", ".gitattributes", ".github", ".gitignore")
_BASE = "base//"


def sign_model(model: Path, private_key: SigningKey) -> bytes:
    """The bytes of model.sig; the model's folder is only read.

    Raises BadInput when the library is not installed, or cannot sign the folder, or for a key of
    another kind than ECDSA P-256.
    """
    if private_key.kind is not ReportKey.ECDSA:
        raise BadInput("models are signed with an ECDSA P-256 key", where=private_key.path)
    try:
        from model_signing.signing import Config
    except ImportError:
        raise BadInput(
            "signing the model's folder needs a package that is not installed",
            fix="pip install 'unlearnkit[model-signing]'",
        ) from None
    with TemporaryDirectory() as folder:
        signature = Path(folder) / MODEL_SIGNATURE
        try:
            config: Any = Config()  # type: ignore[no-untyped-call,unused-ignore]
            password = private_key.password
            config.use_elliptic_key_signer(
                private_key=private_key.path, password=password.decode() if password else None
            )
            config.sign(model.resolve(), signature)
        except (OSError, ValueError) as error:
            raise BadInput(f"the model cannot be signed: {error}", where=model) from None
        return signature.read_bytes()


def disagreement(raw: bytes, key: SSlibKey, audited: Mapping[str, str]) -> str:
    """Why this model.sig is not the key's signature over the audited files; empty where it is.

    `audited` are the model's files and digests as the attestation has them. The model-signing
    library is not needed.
    """
    try:
        envelope = _envelope(json.loads(raw)["dsseEnvelope"], key.keyid)
        (signature,) = envelope.signatures.values()
        if not signed_by(key, signature, envelope.pae()):
            return "it is not signed by this key"
        statement = json.loads(envelope.payload)
        resources = statement["predicate"]["resources"]
        listed = {one["name"]: one["digest"] for one in resources}
    except NO_ENVELOPE:
        return "it is no signature in the OpenSSF format"
    if statement.get("predicateType") != PREDICATE_TYPE:
        return "it is a signature over something else"
    own = {
        name: digest
        for name, digest in audited.items()
        if not name.startswith(_BASE) and name.split("/", 1)[0] not in _GIT
    }
    return "" if listed == own else "it signs other files than the audited model's"


def _envelope(found: dict[str, Any], keyid: str) -> Envelope:
    """The library names no key beside the signature, and securesystemslib asks for its id."""
    signatures = [{**one, "keyid": keyid} for one in found["signatures"]]
    return Envelope.from_dict({**found, "signatures": signatures})
