"""A time stamping authority of one's own: openssl's, behind a web server on this machine."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

CONFIG = """
[req]
distinguished_name = name
[name]
[root]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[stamping]
basicConstraints = critical,CA:FALSE
keyUsage = critical,digitalSignature
extendedKeyUsage = critical,timeStamping
[tsa]
default_tsa = here
[here]
serial = ./serial
crypto_device = builtin
signer_cert = ./tsa.pem
signer_key = ./tsa.key
signer_digest = sha256
default_policy = 1.2.3.4.1
digests = sha256
ess_cert_id_alg = sha256
"""
CURVE = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")


@dataclass(frozen=True)
class Authority:
    """Its folder: root.pem is what auditors are given."""

    folder: Path

    @property
    def root(self) -> Path:
        return self.folder / "root.pem"

    def answer(self, query: bytes, *options: str) -> bytes:
        """An RFC 3161 response, granted or not."""
        (self.folder / "query.tsq").write_bytes(query)
        asked = ("-queryfile", "query.tsq", "-out", "answer.tsr", "-config", "tsa.cnf")
        self.openssl("ts", "-reply", *asked, *options)
        return (self.folder / "answer.tsr").read_bytes()

    def openssl(self, *arguments: str) -> None:
        subprocess.run(
            ["openssl", *arguments], cwd=self.folder, check=True, capture_output=True, text=True
        )


def make_authority(
    folder: Path, name: str = "A root for tests, whose name is a long one"
) -> Authority:
    """A root and, under it, a certificate for stamping.

    The root's name is long so that its certificate sorts behind the other's where both are sent.
    """
    folder.mkdir(parents=True)
    authority = Authority(folder)
    (folder / "tsa.cnf").write_text(CONFIG)
    (folder / "serial").write_text("01\n")
    config = ("-config", "tsa.cnf")
    root = ("-keyout", "root.key", "-out", "root.pem", "-subj", f"/CN={name}/O={name}/OU={name}")
    authority.openssl("req", "-x509", *CURVE, *root, "-days", "30", "-extensions", "root", *config)
    asking = ("-keyout", "tsa.key", "-out", "tsa.csr", "-subj", "/CN=T")
    authority.openssl("req", *CURVE, *asking, *config)
    signing = ("-CA", "root.pem", "-CAkey", "root.key", "-CAcreateserial", "-out", "tsa.pem")
    kind = ("-days", "30", "-extfile", "tsa.cnf", "-extensions", "stamping")
    authority.openssl("x509", "-req", "-in", "tsa.csr", *signing, *kind)
    return authority


@contextmanager
def served(authority: Authority) -> Iterator[str]:
    """The authority's address while it answers; under /away it is out of order."""

    class Desk(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            query = self.rfile.read(int(self.headers["Content-Length"]))
            fine = self.headers["Content-Type"] == "application/timestamp-query"
            self.send_response(200 if fine and self.path != "/away" else 503)
            self.end_headers()
            self.wfile.write(authority.answer(query))

        def log_message(self, format: str, *args: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Desk)
    Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
