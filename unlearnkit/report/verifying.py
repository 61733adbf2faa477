"""Checking a report against a public key the auditor got elsewhere, and saying what does not hold.

Third parties can check the signature without this package: see "How to verify" in report.html.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path, PurePosixPath
from typing import Any

from pydantic import Field, ValidationError
from rfc8785 import CanonicalizationError
from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from unlearnkit.artefacts import canonical, digest_of, folder_digests, load, read_canonical
from unlearnkit.counted import counted
from unlearnkit.domain import Artefact, Outcome
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.language_model.folder import model_files
from unlearnkit.report.bundle import attestation_of, open_bundle
from unlearnkit.report.claim import Claim
from unlearnkit.report.consistent import consistent
from unlearnkit.report.facts import Report
from unlearnkit.report.keyless import KEYLESS, Expected
from unlearnkit.report.model_signature import MODEL_KEY, MODEL_SIGNATURE, disagreement
from unlearnkit.report.page import page_checks
from unlearnkit.report.predicate import ORIGINAL_PREFIX, PREDICATE_TYPE, Predicate, predicate
from unlearnkit.report.signing import load_public_key
from unlearnkit.report.statement import MODEL_PREFIX, STATEMENT_TYPE
from unlearnkit.report.witnesses import keyless, stamped

LETTERS = "letters"
PUBLIC_KEY = "signing.pub"
SIGNED_FILES = ("report.json", "report.html", "policy.yaml", PUBLIC_KEY)


@dataclass(frozen=True, slots=True)
class Verification:
    """A report that holds: who signed it, what was checked, what was not."""

    keyid: str
    run_id: str
    created: datetime
    outcome: Outcome
    claims: tuple[Claim, ...]
    not_checked: tuple[str, ...]


class _Subject(Artefact):
    name: str
    digest: dict[str, str]


class _Statement(Artefact):
    type: str = Field(alias="_type")
    subject: tuple[_Subject, ...]
    predicateType: str  # noqa: N815 - the name in the in-toto specification
    predicate: dict[str, Any]


def verify_report(
    report_dir: Path,
    public_key: Path,
    model: Path | None = None,
    tsa_roots: Path | None = None,
    expected: Expected | None = None,
) -> Verification:
    """Check signature, files and (when given) the model folder; return what was checked.

    Of a model that is an adapter, the base's files are checked too. With `tsa_roots`, certificates
    of time stamping authorities in PEM, one of them must have stamped the signature. With
    `expected`, there must be a Sigstore signature of this identity too.

    `report_dir` is the report's folder or its attestation.json. Nothing in the folder is trusted
    before the signature holds, its signing.pub never.

    Raises VerificationFailed naming everything that does not hold, BadInput when there is no report
    or no usable key.
    """
    attestation = attestation_of(report_dir)
    folder = attestation.parent
    key = load_public_key(public_key)
    opened = open_bundle(attestation, key)
    statement = _statement(opened.envelope.payload, attestation)
    claimed = _predicate(statement, attestation)
    signed, weights = _signed_parts(statement)
    told: list[Claim | str] = [
        Claim("signature", True, f"made by key {key.keyid}"),
        *_compare("", signed, _report_files(folder, attestation)),
        _agrees(folder, statement.predicate),
        _numbered(claimed, weights),
    ]
    if MODEL_SIGNATURE in signed:
        signer = None if MODEL_KEY in signed else key
        told.append(_model_signature(folder, signer, weights))
    told += stamped(opened, claimed.created, tsa_roots)
    told += keyless(folder / KEYLESS, opened.envelope.payload, claimed.created, expected)
    told.append("letters: they are not signed, so that they can be edited before sending")
    if not _failed(told):
        told.append(consistent(load(folder / "report.json", Report)))
    if not _failed(told):  # nothing is rendered from what does not hold
        told += page_checks(folder, key, opened.envelope.payload)
    told += _model(model, weights, claimed.models.unlearned)
    if failed := _failed(told):
        raise VerificationFailed("; ".join(failed), where=folder)
    return Verification(
        keyid=key.keyid,
        run_id=claimed.run_id,
        created=claimed.created,
        outcome=claimed.verdict.outcome,
        claims=tuple(one for one in told if isinstance(one, Claim)),
        not_checked=tuple(one for one in told if isinstance(one, str)),
    )


def _failed(told: Iterable[Claim | str]) -> list[str]:
    """What does not hold; a sentence tells of what was not checked."""
    return [one.detail for one in told if isinstance(one, Claim) and not one.ok]


def _signed_parts(statement: _Statement) -> tuple[dict[str, str], dict[str, str]]:
    """The SHA-256 of each of the report's files, and of each of the model's."""
    digests = {one.name: one.digest.get("sha256", "") for one in statement.subject}
    report = {n: d for n, d in digests.items() if not n.startswith(MODEL_PREFIX)}
    return report, {n.removeprefix(MODEL_PREFIX): d for n, d in digests.items() if n not in report}


def _statement(payload: bytes, where: Path) -> _Statement:
    try:
        statement = _Statement.model_validate_json(payload)
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"]) or "the document"
        raise VerificationFailed(
            f"payload malformed, no in-toto Statement: {place}: {first['msg']}", where=where
        ) from None
    try:
        read = read_canonical(payload)
        readable = canonical(read) == payload
    except (ValueError, OverflowError):
        readable = False
    if not readable:  # two programs could read two things in it: a name that stands twice
        raise VerificationFailed("payload malformed: it is not in canonical form", where=where)
    statement = statement.model_copy(update={"predicate": read["predicate"]})
    if statement.type != STATEMENT_TYPE:
        raise VerificationFailed(f"wrong statement type {statement.type!r}", where=where)
    if statement.predicateType != PREDICATE_TYPE:
        raise VerificationFailed(
            f"wrong predicate type {statement.predicateType!r}: this is a signature over something "
            f"else, expected {PREDICATE_TYPE}",
            where=where,
        )
    names = [one.name for one in statement.subject]
    lacking = [name for name in SIGNED_FILES if name not in names]
    has_model = any(name.startswith(MODEL_PREFIX) for name in names)
    if lacking or len(set(names)) != len(names) or not has_model:
        raise VerificationFailed(
            "payload malformed: its subjects are not one report and one model", where=where
        )
    return statement


def _predicate(statement: _Statement, where: Path) -> Predicate:
    try:
        return Predicate.model_validate_json(canonical(statement.predicate))
    except ValidationError as error:
        first = error.errors(include_input=False)[0]
        place = ".".join(str(part) for part in first["loc"])
        raise VerificationFailed(
            f"the signed claims are malformed: {place}: {first['msg']}", where=where
        ) from None


def _report_files(folder: Path, attestation: Path) -> dict[str, str]:
    """Digests of what lies in the report folder, except signatures over it and the letters."""
    return {
        name: digest
        for name, digest in _digests(folder_digests, folder).items()
        if name not in (attestation.name, KEYLESS) and not _is_letter(PurePosixPath(name))
    }


def _is_letter(path: PurePosixPath) -> bool:
    """Texts that lie flat in the letters' folder: a script or a page there is somebody else's."""
    return path.parent == PurePosixPath(LETTERS) and path.suffix == ".md"


def _digests(digests: Callable[[Path], dict[str, str]], folder: Path) -> dict[str, str]:
    """What `digests` finds in the folder; what it cannot use does not hold."""
    try:
        return digests(folder)
    except BadInput as error:
        raise VerificationFailed(error.what, where=error.where) from None


def _compare(prefix: str, expected: Mapping[str, str], found: Mapping[str, str]) -> list[Claim]:
    """One claim per signed file, and one per file that nobody signed."""
    claims = []
    for name, digest in expected.items():
        if name not in found:
            claims.append(Claim(prefix + name, False, f"{prefix}{name} is missing"))
        elif found[name] != digest:
            claims.append(Claim(prefix + name, False, f"{prefix}{name} was changed"))
        else:
            claims.append(Claim(prefix + name, True, f"sha256 {digest}"))
    extra = sorted(set(found) - set(expected))
    return claims + [
        Claim(prefix + name, False, f"{prefix}{name} is an extra file that was not signed")
        for name in extra
    ]


def _agrees(folder: Path, claimed: Mapping[str, Any]) -> Claim:
    """What the signature claims must be what report.json says."""
    what = "report.json says what was signed"
    try:
        report = Report.model_validate_json((folder / "report.json").read_bytes())
        # As canonical bytes: in Python True equals 1.
        said = {name: canonical({name: value}) for name, value in predicate(report).items()}
    except (OSError, ValidationError, CanonicalizationError):
        return Claim(what, False, "report.json cannot be read as a report")
    differing = [name for name in said if canonical({name: claimed.get(name)}) != said[name]]
    if differing:
        return Claim(what, False, f"report.json contradicts the signed claims: {differing}")
    return Claim(what, True, f"run {report.run_id}, verdict {report.verdict.outcome.value}")


def _numbered(claimed: Predicate, weights: Mapping[str, str]) -> Claim:
    """The one number that stands for a model everywhere has to be that of its listed files.

    A run of an earlier version listed none of the original's.
    """
    what = "the models' digests are those of their files"
    before = {
        one.name.removeprefix(ORIGINAL_PREFIX): one.digest.sha256 for one in claimed.materials
    }
    models = [("unlearned", weights, claimed.models.unlearned)]
    models += [("original", before, claimed.models.original)] if before else []
    wrong = [role for role, files, digest in models if digest_of(files) != digest]
    if wrong:
        told = f"the digest of the {' and the '.join(wrong)} model is not that of its signed files"
        return Claim(what, False, told)
    return Claim(what, True, " and ".join(role for role, _, _ in models))


def _model_signature(folder: Path, key: SSlibKey | None, weights: Mapping[str, str]) -> Claim:
    """`key` None: the report's model.pub, which holds as far as it is the one that was signed."""
    what = f"{MODEL_SIGNATURE} signs the audited model"
    path = folder / MODEL_SIGNATURE
    raw = path.read_bytes() if path.is_file() else b""
    try:
        wrong = disagreement(raw, key or load_public_key(folder / MODEL_KEY), weights)
    except BadInput as error:
        wrong = error.what
    detail = f"{MODEL_SIGNATURE}: {wrong}" if wrong else counted(len(weights), "file")
    return Claim(what, not wrong, detail)


def _model(folder: Path | None, signed: Mapping[str, str], audited: str) -> Sequence[Claim | str]:
    if folder is None:
        return ["the model: give its folder to check that it is the audited one"]
    if not folder.is_dir():
        raise BadInput("the model folder to check does not exist", where=folder)
    found = _digests(model_files, folder)
    claims = _compare("model file ", signed, found)
    if all(claim.ok for claim in claims):
        digest = digest_of(found)
        same = digest == audited
        detail = f"digest {digest}" if same else "the model's digest is not the one of the report"
        claims.append(Claim("the model is the audited one", same, detail))
    return claims
