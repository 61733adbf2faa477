"""Checking a report with the key that was given, or else with the workspace's."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.pipeline.judged import judged_again
from unlearnkit.pipeline.keys import given_or_own
from unlearnkit.report.bundle import attestation_of
from unlearnkit.report.keyless import Expected
from unlearnkit.report.verifying import PUBLIC_KEY, SIGNED_FILES, Verification, verify_report


def verify(
    report: Path,
    key: Path | None,
    model: Path | None,
    workspace: Path,
    tsa_roots: Path | None = None,
    *,
    expected: Expected | None = None,
) -> Verification:
    """What was checked of the report, and with `model` that this model is the audited one.

    Its verdict has to be what its policy makes of its figures.
    With `tsa_roots`, that an authority under one of these certificates stamped it; with `expected`,
    that this identity signed it through Sigstore.
    `key` is the signer's public key; None takes the workspace's, present or retired. The key in the
    report's folder is never trusted. Raises VerificationFailed naming all that does not hold,
    BadInput where there is no report, neither a key nor a workspace, or `key` is the report's own.
    """
    attestation = attestation_of(report)
    _refuse_alone(attestation)
    public = given_or_own(key, workspace, report)
    found = verify_report(report, public, model, tsa_roots, expected)
    folder = attestation.parent
    told = judged_again(folder)
    if isinstance(told, str):
        return replace(found, not_checked=(*found.not_checked, told))
    if not told.ok:
        raise VerificationFailed(told.detail, where=folder)
    return replace(found, claims=(*found.claims, told))


def _refuse_alone(attestation: Path) -> None:
    """Raises BadInput where none of the files lies beside it that it signs.

    Its folder is no report's then, and what else lies there did not come with it.
    """
    if not any((attestation.parent / name).exists() for name in SIGNED_FILES if name != PUBLIC_KEY):
        raise BadInput(
            "an attestation by itself: the report that it signs does not lie beside it",
            where=attestation,
            fix="Give the report's whole folder. What the signature alone says is checked with "
            "openssl: docs/verify.md.",
        )
