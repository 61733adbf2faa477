"""A Sigstore instance of one's own: certificate authority, CT log's key, transparency log, issuer.

They answer over HTTP on this machine as Fulcio and Rekor (version 1) do, and sigstore's client
checks every signature and proof of theirs. Nothing of the client is replaced.
"""

from __future__ import annotations

import hashlib
import json
import struct
from base64 import b64decode, b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import jwt
import rfc8785
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

ISSUER_URL = "https://issuer.example"
WHO = "privacy-officer@example.org"
SCT_LIST = x509.ObjectIdentifier("1.3.6.1.4.1.11129.2.4.2")
"""RFC 6962, section 3.3."""
ISSUER, ISSUER_V2 = (x509.ObjectIdentifier(f"1.3.6.1.4.1.57264.1.{n}") for n in (1, 8))
SECRET = "an issuer's key of 32 bytes or so, for tests"
LOG_NAME = "log.test"


def token(who: str = WHO, *, audience: str = "sigstore", lives: float = 300.0, **more: Any) -> str:
    """What an issuer gives; sigstore's client reads it, and leaves its signature to Fulcio."""
    now = datetime.now(UTC).timestamp()
    claims = {"iss": ISSUER_URL, "sub": who, "aud": audience, "iat": now - 1, "exp": now + lives}
    return jwt.encode(claims | more, SECRET, algorithm="HS256")


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def der(key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)


def key_id(key: ec.EllipticCurvePrivateKey) -> bytes:
    return hashlib.sha256(der(key)).digest()


def sign(key: ec.EllipticCurvePrivateKey, content: bytes) -> bytes:
    return key.sign(content, ec.ECDSA(SHA256()))


@dataclass
class Instance:
    """Its keys and what its log holds. `heard` are the bodies that it was sent."""

    ca: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    ct: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    log: ec.EllipticCurvePrivateKey = field(default_factory=new_key)
    leaves: list[bytes] = field(default_factory=lambda: [b"an earlier entry", b"another"])
    heard: list[bytes] = field(default_factory=list)
    url: str = ""
    away: bool = False

    def __post_init__(self) -> None:
        self.root = self._root()

    def _root(self) -> x509.Certificate:
        name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "An authority for tests")])
        now = datetime.now(UTC)
        usage = dict.fromkeys(
            (
                *("digital_signature", "content_commitment", "key_encipherment"),
                *("data_encipherment", "key_agreement", "encipher_only", "decipher_only"),
            ),
            False,
        )
        return (
            x509.CertificateBuilder(name, name, self.ca.public_key(), x509.random_serial_number())
            .not_valid_before(now - timedelta(days=1))
            .not_valid_after(now + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(x509.KeyUsage(**usage, key_cert_sign=True, crl_sign=True), critical=True)
            .add_extension(
                x509.SubjectKeyIdentifier.from_public_key(self.ca.public_key()), critical=False
            )
            .sign(self.ca, SHA256())
        )

    # --- Fulcio -----------------------------------------------------------------------------

    def certificate(self, request: x509.CertificateSigningRequest, who: str) -> x509.Certificate:
        """Ten minutes for this key and identity, with a promise of the CT log in it."""
        now = datetime.now(UTC)
        usage = dict.fromkeys(
            (
                *("content_commitment", "key_encipherment", "data_encipherment"),
                *("key_agreement", "encipher_only", "decipher_only", "key_cert_sign", "crl_sign"),
            ),
            False,
        )
        issuer = ISSUER_URL.encode()
        name: x509.GeneralName = (
            x509.RFC822Name(who) if "@" in who else x509.UniformResourceIdentifier(who)
        )
        builder = (
            x509.CertificateBuilder()
            .subject_name(x509.Name([]))
            .issuer_name(self.root.subject)
            .public_key(request.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now)
            .not_valid_after(now + timedelta(minutes=10))
            .add_extension(x509.KeyUsage(**usage, digital_signature=True), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.CODE_SIGNING]), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.ca.public_key()),
                critical=False,
            )
            .add_extension(x509.SubjectAlternativeName([name]), critical=True)
            .add_extension(x509.UnrecognizedExtension(ISSUER, issuer), critical=False)
            .add_extension(
                x509.UnrecognizedExtension(ISSUER_V2, bytes([0x0C, len(issuer)]) + issuer),
                critical=False,
            )
        )
        promised = self._promise(builder.sign(self.ca, SHA256()).tbs_certificate_bytes)
        embedded = x509.UnrecognizedExtension(SCT_LIST, promised)
        return builder.add_extension(embedded, critical=False).sign(self.ca, SHA256())

    def _promise(self, precertificate: bytes) -> bytes:
        """A list of one signed certificate timestamp (RFC 6962, section 3.2), DER."""
        at = int(datetime.now(UTC).timestamp() * 1000)
        entry = key_id(self.ca) + len(precertificate).to_bytes(3) + precertificate
        signature = sign(self.ct, struct.pack("!BBQH", 0, 0, at, 1) + entry + b"\0\0")
        sct = struct.pack("!B32sQHBBH", 0, key_id(self.ct), at, 0, 4, 3, len(signature))
        sct += signature
        listed = struct.pack("!HH", len(sct) + 2, len(sct)) + sct
        assert len(listed) < 128
        return bytes([0x04, len(listed)]) + listed

    def enrolled(self, asked: dict[str, Any], bearer: str) -> dict[str, Any]:
        """Fulcio's answer; raises jwt's errors for a token that the issuer did not sign."""
        claims = jwt.decode(bearer, SECRET, algorithms=["HS256"], audience="sigstore")
        csr = x509.load_pem_x509_csr(b64decode(asked["certificateSigningRequest"]))
        assert csr.is_signature_valid
        chain = [self.certificate(csr, claims["sub"]), self.root]
        pems = [one.public_bytes(Encoding.PEM).decode() for one in chain]
        return {"signedCertificateEmbeddedSct": {"chain": {"certificates": pems}}}

    # --- Rekor ------------------------------------------------------------------------------

    def logged(self, proposed: dict[str, Any]) -> dict[str, Any]:
        """The log's answer: entry, promise, proof of inclusion, signed checkpoint."""
        body = rfc8785.dumps(proposed)
        self.leaves.append(body)
        index, size = len(self.leaves) - 1, len(self.leaves)
        root = tree_hash(self.leaves)
        at, log_id = int(datetime.now(UTC).timestamp()), key_id(self.log)
        entry = {"body": b64encode(body).decode(), "integratedTime": at, "logIndex": index}
        entry |= {"logID": log_id.hex()}
        note = f"{LOG_NAME} - 1\n{size}\n{b64encode(root).decode()}\n"
        signature = b64encode(log_id[:4] + sign(self.log, note.encode())).decode()
        proof = {
            "logIndex": index,
            "treeSize": size,
            "rootHash": root.hex(),
            "hashes": [one.hex() for one in path_of(index, self.leaves)],
            "checkpoint": f"{note}\n— {LOG_NAME} {signature}\n",
        }
        promise = b64encode(sign(self.log, rfc8785.dumps(entry))).decode()
        verification = {"signedEntryTimestamp": promise, "inclusionProof": proof}
        return {leaf_hash(body).hex(): entry | {"verification": verification}}

    # --- what its clients are given ---------------------------------------------------------

    def trusted_root(self) -> dict[str, Any]:
        valid = {"start": "2020-01-01T00:00:00Z"}

        def log(key: ec.EllipticCurvePrivateKey) -> dict[str, Any]:
            return {
                "baseUrl": self.url,
                "hashAlgorithm": "SHA2_256",
                "publicKey": {
                    "rawBytes": b64encode(der(key)).decode(),
                    "keyDetails": "PKIX_ECDSA_P256_SHA_256",
                    "validFor": valid,
                },
                "logId": {"keyId": b64encode(key_id(key)).decode()},
            }

        root = b64encode(self.root.public_bytes(Encoding.DER)).decode()
        authority = {
            "subject": {"organization": "tests", "commonName": "tests"},
            "uri": self.url,
            "certChain": {"certificates": [{"rawBytes": root}]},
            "validFor": valid,
        }
        return {
            "mediaType": "application/vnd.dev.sigstore.trustedroot+json;version=0.1",
            "tlogs": [log(self.log)],
            "certificateAuthorities": [authority],
            "ctlogs": [log(self.ct)],
            "timestampAuthorities": [],
        }

    def client_config(self) -> dict[str, Any]:
        service = {
            "url": self.url,
            "majorApiVersion": 1,
            "validFor": {"start": "2020-01-01T00:00:00Z"},
            "operator": "tests",
        }
        return {
            "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
            "trustedRoot": self.trusted_root(),
            "signingConfig": {
                "mediaType": "application/vnd.dev.sigstore.signingconfig.v0.2+json",
                "caUrls": [service],
                "oidcUrls": [service],
                "rekorTlogUrls": [service],
                "tsaUrls": [],
                "rekorTlogConfig": {"selector": "ANY"},
                "tsaConfig": {"selector": "ANY"},
            },
        }

    def write_config(self, folder: Path) -> Path:
        path = folder / "client-trust.json"
        path.write_text(json.dumps(self.client_config()))
        return path

    def write_root(self, folder: Path) -> Path:
        path = folder / "trusted-root.json"
        path.write_text(json.dumps(self.trusted_root()))
        return path


def leaf_hash(leaf: bytes) -> bytes:
    """RFC 6962, section 2.1, as the two below."""
    return hashlib.sha256(b"\0" + leaf).digest()


def tree_hash(leaves: list[bytes]) -> bytes:
    if len(leaves) == 1:
        return leaf_hash(leaves[0])
    split = _half(len(leaves))
    return hashlib.sha256(b"\1" + tree_hash(leaves[:split]) + tree_hash(leaves[split:])).digest()


def path_of(index: int, leaves: list[bytes]) -> list[bytes]:
    if len(leaves) == 1:
        return []
    split = _half(len(leaves))
    if index < split:
        return [*path_of(index, leaves[:split]), tree_hash(leaves[split:])]
    return [*path_of(index - split, leaves[split:]), tree_hash(leaves[:split])]


def _half(size: int) -> int:
    """The largest power of two below the size."""
    return 1 << ((size - 1).bit_length() - 1)


@contextmanager
def served(instance: Instance) -> Iterator[Instance]:
    """The instance while it answers: also an issuer's login, and a CI system's tokens."""

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if self.path == "/token":
                assert parse_qs(body.decode())["code"] == ["a code"]
                return self._answer(200, {"access_token": token()})
            instance.heard.append(body)
            asked = json.loads(body)
            if instance.away:
                return self._answer(503, {})
            if self.path == "/api/v2/signingCert":
                bearer = self.headers["Authorization"].removeprefix("Bearer ")
                try:
                    return self._answer(200, instance.enrolled(asked, bearer))
                except jwt.InvalidTokenError:
                    return self._answer(401, {"message": "not the issuer's"})
            assert self.path == "/api/v1/log/entries"
            return self._answer(201, instance.logged(asked))

        def do_GET(self) -> None:
            if self.path == "/.well-known/openid-configuration":
                ends = {"authorization_endpoint": "/login", "token_endpoint": "/token"}
                return self._answer(200, {one: instance.url + at for one, at in ends.items()})
            if self.path.startswith("/login"):
                asked = parse_qs(urlsplit(self.path).query)
                self.send_response(302)
                back = urlencode({"code": "a code", "state": asked["state"][0]})
                self.send_header("Location", f"{asked['redirect_uri'][0]}?{back}")
                return self.end_headers()
            assert self.path.startswith("/ambient")
            assert self.headers["Authorization"] == "bearer a job's"
            return self._answer(200, {"value": token("https://ci.example/job")})

        def _answer(self, status: int, content: dict[str, Any]) -> None:
            self.send_response(status)
            self.end_headers()
            self.wfile.write(json.dumps(content).encode())

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    Thread(target=server.serve_forever, daemon=True).start()
    instance.url = f"http://127.0.0.1:{server.server_port}"
    yield instance
    server.shutdown()
