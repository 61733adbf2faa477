"""What others than the signer's key say of a signature: time stamping authorities and Sigstore.

Each is checked where there is something to trust it by, and told of where there is not.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.report.bundle import Opened
from unlearnkit.report.claim import Claim
from unlearnkit.report.keyless import Expected, expected_signer, is_over
from unlearnkit.report.timestamp import load_roots, require_client, stamp_of

CLOCKS = timedelta(minutes=5)
"""How far the signer's clock may be ahead of another's."""


def stamped(opened: Opened, created: datetime, roots: Path | None) -> list[Claim | str]:
    """What each time stamp shows, or why that cannot be told; roots ask for one at least."""
    what = "time stamp"
    if not opened.stamps:
        return [Claim(what, False, "the signature has no time stamp")] if roots else []
    try:
        require_client()
    except BadInput as error:
        if roots:
            raise
        return [f"the time stamp: {error.what}; {error.fix}"]
    signature, trusted = opened.signature, load_roots(roots) if roots else []
    found: list[Claim | str] = []
    for stamp in [stamp_of(one, signature) for one in opened.stamps]:
        if not stamp.vouched(signature, trusted):
            found.append(
                f"the time stamp of {stamp.time:%Y-%m-%d %H:%M:%S} UTC: "
                + ("none of the given roots vouches for it" if roots else "give --tsa-roots")
            )
        elif created > stamp.time + CLOCKS:
            late = f"the report says {created:%Y-%m-%d %H:%M:%S} UTC, stamped before, {stamp.time}"
            found.append(Claim(what, False, late))
        else:
            found.append(Claim(what, True, f"signed by {stamp.time:%Y-%m-%d %H:%M:%S} UTC"))
    if roots and all(isinstance(one, str) for one in found):
        found.append(Claim(what, False, "none of the given roots vouches for a time stamp"))
    return found


def keyless(
    path: Path, statement: bytes, created: datetime, expected: Expected | None
) -> list[Claim | str]:
    """What the Sigstore bundle at `path` shows, or why that cannot be told; `expected` asks for it.

    One that is over something else is refused also where nobody is expected.
    """
    what = "Sigstore signature"
    if not path.is_file():
        return [Claim(what, False, "there is no Sigstore signature")] if expected else []
    bundle = path.read_bytes()
    if not is_over(bundle, statement):
        return [Claim(what, False, f"{path.name} is over something else, not this report")]
    if expected is None:
        return ["the Sigstore signature: give --sigstore-identity and --sigstore-issuer"]
    try:
        signer = expected_signer(bundle, statement, expected)
    except VerificationFailed as error:
        return [Claim(what, False, f"{path.name}: {error.what}")]
    if created > signer.end + CLOCKS:
        late = f"the report says {created:%Y-%m-%d %H:%M:%S} UTC, signed before, {signer.end}"
        return [Claim(what, False, late)]
    return [
        Claim(
            what,
            True,
            f"made by {expected.identity}, says {expected.issuer}, between "
            f"{signer.begin:%Y-%m-%d %H:%M} and {signer.end:%H:%M} UTC",
        )
    ]
