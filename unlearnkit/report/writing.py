"""Writing a report folder: everything is computed first, and the attestation is written last."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from glob import escape
from pathlib import Path
from shutil import rmtree
from tempfile import mkdtemp

from securesystemslib.signer import SSlibKey  # type: ignore[attr-defined]

from unlearnkit.artefacts import digest_of, locked, write_atomic
from unlearnkit.counted import counted
from unlearnkit.errors import BadInput, VerificationFailed
from unlearnkit.keys import SigningKey, public_half
from unlearnkit.language_model.folder import model_files, model_folders
from unlearnkit.report.bundle import ATTESTATION, sign_statement
from unlearnkit.report.embedded import PAGE, still_said, to_embed
from unlearnkit.report.facts import Report
from unlearnkit.report.keyless import KEYLESS
from unlearnkit.report.model_signature import MODEL_KEY, MODEL_SIGNATURE, sign_model
from unlearnkit.report.render import render_html, renderer
from unlearnkit.report.signing import load_public_key, load_signer
from unlearnkit.report.statement import build_statement
from unlearnkit.report.timestamp import answers_in
from unlearnkit.report.verifying import LETTERS, SIGNED_FILES

_SIGNATURES = (ATTESTATION, KEYLESS, MODEL_SIGNATURE, MODEL_KEY)


def write_report(
    folder: Path,
    facts: Report,
    *,
    policy_path: Path,
    model_dir: Path,
    signing_key: SigningKey,
    public_key: Path,
    templates_dir: Path | None = None,
    sign_model_too: bool = False,
    model_key: SigningKey | None = None,
) -> Path:
    """Write report.json, report.html, policy.yaml, signing.pub, then attestation.json; return it.

    With `sign_model_too` also model.sig, which tools for signed models read, made with `model_key`
    where that is another one than the report's; then its public half is signed along, as model.pub.

    All of it is written beside `folder` before anything there changes: what fails, as on a full
    disk, leaves an earlier report as it was. Then that one's attestation and its Sigstore signature
    are removed first, so what is interrupted from there on is no report. The verdict must come from
    the policy at `policy_path`. signing.pub is a convenience: an auditor has to get the key
    elsewhere.

    Raises BadInput when keys, facts or model do not belong together, or when the folder holds files
    that are no part of a report; Busy while somebody else writes there, as who puts a time stamp in
    does.
    """
    public = _public_of(signing_key, public_key)
    if any(folder.resolve().is_relative_to(one.resolve()) for one in model_folders(model_dir)):
        raise BadInput("a report cannot lie inside the model it is about", where=folder)
    refuse_foreign_files(folder)
    files_of_model = _files_of_run(model_dir, facts)
    report = facts.model_copy(update={"renderer": renderer(templates_dir)})
    files = {
        "report.json": (report.model_dump_json(indent=2) + "\n").encode(),
        "policy.yaml": policy_path.read_bytes(),
        "signing.pub": public_key.read_bytes(),
    }
    if sign_model_too:
        files[MODEL_SIGNATURE] = sign_model(model_dir, model_key or signing_key)
        if model_key is not None:
            files[MODEL_KEY] = public_half(model_key)
    beside = build_statement(report, _digests(files), files_of_model)
    page = render_html(
        report,
        _digests(files)["report.json"],
        public.keyid,
        templates_dir,
        embedded=still_said(_page_before(folder), public, beside) or to_embed(beside, signing_key),
    )
    files[PAGE] = page.encode()
    statement = build_statement(report, _digests(files), files_of_model)
    _replace(folder, files, sign_statement(statement, signing_key))
    return folder / ATTESTATION


def _public_of(signing_key: SigningKey, public_key: Path) -> SSlibKey:
    public = load_public_key(public_key)
    if load_signer(signing_key).public_key.keyid != public.keyid:
        raise BadInput("this public key does not belong to the signing key", where=public_key)
    return public


def _files_of_run(model_dir: Path, facts: Report) -> dict[str, str]:
    """The model's files by digest. Raises BadInput where it is not the one the facts are about."""
    files = model_files(model_dir)
    if digest_of(files) != facts.unlearned_digest:
        raise BadInput(
            "the model folder is not the one the run made: a file was changed, added or removed",
            where=model_dir,
            fix="Restore it, or run `unlearnkit unlearn` again.",
        )
    return files


def _replace(folder: Path, files: dict[str, bytes], attestation: bytes) -> None:
    """Put these files in the place of an earlier report's, the attestation last."""
    _make(folder)
    with locked(folder), _written_aside(folder, files | {ATTESTATION: attestation}) as aside:
        for name in _SIGNATURES:
            (folder / name).unlink(missing_ok=True)
        _remove_leftovers(folder)
        for name in (*files, ATTESTATION):
            _put(aside / name, folder / name)


def taken_away(folder: Path, sign_model_too: bool) -> tuple[str, ...]:
    """What `write_report` would remove of an earlier report in `folder` and not make anew."""
    attestation = folder / ATTESTATION
    try:
        stamps = len(answers_in(attestation.read_bytes())) if attestation.is_file() else 0
    except VerificationFailed:
        stamps = 0
    found = [KEYLESS] if (folder / KEYLESS).is_file() else []
    if stamps:
        found.append(counted(stamps, "time stamp"))
    if not sign_model_too and (folder / MODEL_SIGNATURE).is_file():
        found.append(MODEL_SIGNATURE)
    return tuple(found)


@contextmanager
def _written_aside(folder: Path, files: Mapping[str, bytes]) -> Iterator[Path]:
    """A folder beside it with all the files: where the disk is full, the earlier report stays."""
    prefix = f".{folder.name}.writing-"
    for left in folder.resolve().parent.glob(f"{escape(prefix)}*"):  # of a write that was killed
        rmtree(left, ignore_errors=True)
    try:
        aside = Path(mkdtemp(prefix=prefix, dir=folder.resolve().parent))
    except OSError as error:
        raise BadInput(f"cannot write: {error.strerror}", where=folder.parent) from None
    try:
        for name, content in files.items():
            write_atomic(aside / name, content)
        yield aside
    finally:
        rmtree(aside, ignore_errors=True)


def _put(made: Path, path: Path) -> None:
    try:
        made.replace(path)
    except OSError as error:
        raise BadInput(f"cannot write: {error.strerror}", where=path) from None


def _page_before(folder: Path) -> bytes:
    path = folder / PAGE
    return path.read_bytes() if path.is_file() else b""


def _digests(files: Mapping[str, bytes]) -> dict[str, str]:
    return {name: hashlib.sha256(content).hexdigest() for name, content in files.items()}


def _make(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"cannot write: {error.strerror}", where=folder) from None


def refuse_foreign_files(folder: Path) -> None:
    """Raise BadInput where the folder holds what is no part of a report.

    It would make the finished report fail its own verification.
    """
    ours = {LETTERS, *_SIGNATURES, *SIGNED_FILES}
    leftovers = set(_leftovers(folder))
    for path in folder.iterdir() if folder.is_dir() else ():
        if path.name not in ours and path not in leftovers:
            raise BadInput(
                "the report folder holds a file that is no part of a report",
                where=path,
                fix="Choose an empty folder, or move the file away.",
            )


def _leftovers(folder: Path) -> list[Path]:
    """Temporary files of a write that was killed."""
    names = (*_SIGNATURES, *SIGNED_FILES)
    letters = (folder / LETTERS).glob(".*.md.????????")
    return [*(path for name in names for path in folder.glob(f".{name}.*")), *letters]


def _remove_leftovers(folder: Path) -> None:
    for path in _leftovers(folder):
        path.unlink(missing_ok=True)
