"""Ways of changing a report, its model or its attestation, and why each is refused.

Two tables: the files, and the attestation as a file. What a dishonest signer can do with the key
stands in test_tampered_statement.py.
"""

from __future__ import annotations

import base64
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.report import sample
from tests.report.conftest import Written, make_keys, write_sample
from tests.report.test_verifying import attestation, payload_of, refused, sign_again, verify
from unlearnkit.artefacts import canonical
from unlearnkit.domain import Outcome
from unlearnkit.errors import VerificationFailed
from unlearnkit.report.verifying import SIGNED_FILES, verify_report

Tamper = Callable[[Written], object]
SHARDS = ("model-00001-of-00002.safetensors", "model-00002-of-00002.safetensors")


@pytest.fixture(scope="module")
def _sharded(tmp_path_factory: pytest.TempPathFactory) -> Written:
    """A signed report about a model in two shards of equal size, with a folder inside."""
    base = tmp_path_factory.mktemp("sharded")
    model = sample.model_folder(base / "model")
    (model / "model.safetensors").unlink()
    for number, name in enumerate(SHARDS):
        (model / name).write_bytes(bytes([number]) * 64)
    (model / "extras").mkdir()
    (model / "extras" / "chat.jinja").write_text("{{ messages }}")
    keys = make_keys(base / "keys")
    write_sample(base / "report", model, keys, sign_model_too=True)
    return Written(base / "report", model, keys)


@pytest.fixture
def written(_sharded: Written, tmp_path: Path) -> Written:
    """A fresh copy, for a test to damage."""
    shutil.copytree(_sharded.folder, tmp_path / "report")
    shutil.copytree(_sharded.model, tmp_path / "model")
    return Written(tmp_path / "report", tmp_path / "model", _sharded.keys)


def test_untouched_it_holds(written: Written) -> None:
    assert verify(written).outcome is Outcome.PASS


# --- files -----------------------------------------------------------------------------------


def swap(one: Path, other: Path) -> None:
    kept = one.read_bytes()
    one.write_bytes(other.read_bytes())
    other.write_bytes(kept)


def piped(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def put(path: Path) -> None:
    """An empty file, in folders that may not be there yet."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.touch()


def link(path: Path) -> None:
    moved = path.rename(path.parent.parent / f"moved-{path.name}")
    path.symlink_to(moved, target_is_directory=moved.is_dir())


FILES: dict[str, tuple[Tamper, str]] = {
    "shards swapped": (
        lambda one: swap(*(one.model / name for name in SHARDS)),
        "model file model-00001-of-00002.safetensors was changed; "
        "model file model-00002-of-00002.safetensors was changed",
    ),
    "a shard is missing": (
        lambda one: (one.model / SHARDS[1]).unlink(),
        "model file model-00002-of-00002.safetensors is missing",
    ),
    "a shard is another's copy": (
        lambda one: shutil.copy(one.model / SHARDS[0], one.model / SHARDS[1]),
        "model file model-00002-of-00002.safetensors was changed",
    ),
    "a model file is renamed": (
        lambda one: (one.model / "config.json").rename(one.model / "Config.json"),
        "model file config.json is missing; model file Config.json is an extra file",
    ),
    "a model file lies in another folder": (
        lambda one: (one.model / "extras" / "chat.jinja").rename(one.model / "chat.jinja"),
        "extras/chat.jinja is missing; model file chat.jinja is an extra file",
    ),
    "code beside the weights": (
        lambda one: (one.model / "modeling.py").write_text("import os"),
        "model file modeling.py is an extra file that was not signed",
    ),
    "a hidden file beside the weights": (
        lambda one: (one.model / ".hidden").touch(),
        "model file .hidden is an extra file that was not signed",
    ),
    "a shard is a link": (lambda one: link(one.model / SHARDS[0]), "a symbolic link"),
    "a folder of the model is a link": (lambda one: link(one.model / "extras"), "a symbolic link"),
    "a report file is a link": (lambda one: link(one.folder / "policy.yaml"), "a symbolic link"),
    "a link to nowhere": (
        lambda one: (one.folder / "notes").symlink_to("/nowhere"),
        "a symbolic link",
    ),
    "a pipe beside the weights": (
        lambda one: os.mkfifo(one.model / "pipe"),
        "neither a file nor a folder",
    ),
    "a pipe beside the report": (
        lambda one: os.mkfifo(one.folder / "pipe"),
        "neither a file nor a folder",
    ),
    "a pipe in a report file's place": (
        lambda one: piped(one.folder / "report.html"),
        "neither a file nor a folder",
    ),
    "two report files swapped": (
        lambda one: swap(one.folder / "policy.yaml", one.folder / "signing.pub"),
        "policy.yaml was changed; signing.pub was changed",
    ),
    "a report file is renamed": (
        lambda one: (one.folder / "report.html").rename(one.folder / "report.htm"),
        "report.html is missing; report.htm is an extra file",
    ),
    "an extra file": (
        lambda one: (one.folder / "addendum.html").touch(),
        "addendum.html is an extra file that was not signed",
    ),
    "an extra file in a folder": (
        lambda one: shutil.copytree(one.model / "extras", one.folder / "extras"),
        "extras/chat.jinja is an extra file that was not signed",
    ),
    "a script among the letters": (
        lambda one: put(one.folder / "letters" / "run.sh"),
        "letters/run.sh is an extra file that was not signed",
    ),
    "another report among the letters": (
        lambda one: put(one.folder / "letters" / "sub" / "report.html"),
        "letters/sub/report.html is an extra file that was not signed",
    ),
    "a text deeper than the letters": (
        lambda one: put(one.folder / "letters" / "sub" / "a.md"),
        "letters/sub/a.md is an extra file that was not signed",
    ),
    "another model's model.sig": (
        lambda one: (one.folder / "model.sig").write_text("{}"),
        "model.sig was changed; model.sig: it is no signature in the OpenSSF format",
    ),
}


@pytest.mark.parametrize(("tamper", "says"), FILES.values(), ids=FILES.keys())
def test_changed_files_are_refused(written: Written, tamper: Tamper, says: str) -> None:
    tamper(written)
    assert says in refused(written)


CONTENTS: dict[str, Callable[[bytes], bytes]] = {
    "first byte": lambda raw: bytes([raw[0] ^ 0x80]) + raw[1:],
    "last byte": lambda raw: raw[:-1] + bytes([raw[-1] ^ 1]),
    "a byte in the middle is zero": lambda raw: (
        raw[: len(raw) // 2] + bytes([raw[len(raw) // 2] ^ 0xFF]) + raw[len(raw) // 2 + 1 :]
    ),
    "one byte more": lambda raw: raw + b"\x00",
    "one line more": lambda raw: raw + b"\n",
    "a blank more": lambda raw: b" " + raw,
    "a byte order mark": lambda raw: b"\xef\xbb\xbf" + raw,
    "one byte less": lambda raw: raw[:-1],
    "half of it": lambda raw: raw[: len(raw) // 2],
    "nothing": lambda raw: b"",
    "twice": lambda raw: raw * 2,
}


@pytest.mark.parametrize("change", CONTENTS.values(), ids=CONTENTS.keys())
def test_any_change_of_any_files_bytes_is_refused(
    written: Written, change: Callable[[bytes], bytes]
) -> None:
    places = {name: written.folder / name for name in (*SIGNED_FILES, "model.sig")}
    places |= {
        f"model file {path.relative_to(written.model)}": path
        for path in written.model.rglob("*")
        if path.is_file()
    }
    for name, path in places.items():
        whole = path.read_bytes()
        path.write_bytes(change(whole))
        assert f"{name} was changed" in refused(written)
        path.write_bytes(whole)


# --- the attestation as a file ---------------------------------------------------------------


def edited(change: Callable[[dict[str, Any]], object]) -> Tamper:
    """Change the bundle and write it in its canonical form, so that only the change is wrong."""

    def tamper(written: Written) -> None:
        bundle = json.loads(attestation(written).read_bytes())
        change(bundle)
        attestation(written).write_bytes(canonical(bundle) + b"\n")

    return tamper


def raw(change: Callable[[bytes], bytes]) -> Tamper:
    return lambda one: attestation(one).write_bytes(change(attestation(one).read_bytes()))


def signatures(bundle: dict[str, Any]) -> Any:
    return bundle["dsseEnvelope"]["signatures"]


def with_another_signature(written: Written) -> None:
    """A second, valid signature by somebody else."""
    own = signatures(json.loads(attestation(written).read_bytes()))
    other = make_keys(written.folder.parent / "other")
    sign_again(Written(written.folder, written.model, other), canonical(payload_of(written)))
    edited(lambda bundle: signatures(bundle).extend(own))(written)


def flip_signature(bundle: dict[str, Any]) -> None:
    found = bytearray(base64.b64decode(signatures(bundle)[0]["sig"]))
    found[-1] ^= 1
    signatures(bundle)[0]["sig"] = base64.b64encode(found).decode()


def by_another_key(written: Written) -> None:
    other = make_keys(written.folder.parent / "other")
    sign_again(Written(written.folder, written.model, other), canonical(payload_of(written)))


def of_an_older_run(written: Written) -> None:
    """The attestation of an earlier report on an earlier model, by the same key."""
    model = sample.model_folder(written.folder.parent / "older-model")
    older = write_sample(written.folder.parent / "older", model, written.keys)
    shutil.copy(older, attestation(written))


MISMATCH = "the signature does not match"
MALFORMED = "malformed: not a Sigstore bundle with one DSSE signature"
OUTSIDE = "changed outside its signed part"
ATTESTATIONS: dict[str, tuple[Tamper, str]] = {
    "emptied": (raw(lambda found: b""), MALFORMED),
    "truncated": (raw(lambda found: found[: len(found) // 2]), MALFORMED),
    "one byte less": (raw(lambda found: found[:-1]), OUTSIDE),
    "one line more": (raw(lambda found: found + b"\n"), OUTSIDE),
    "two documents": (raw(lambda found: found * 2), MALFORMED),
    "laid out anew": (raw(lambda found: json.dumps(json.loads(found)).encode()), OUTSIDE),
    "a field twice": (
        raw(lambda found: found.replace(b'{"dsse', b'{"mediaType":"x","dsse', 1)),
        OUTSIDE,
    ),
    "no signature": (edited(lambda one: signatures(one).clear()), MALFORMED),
    "the signature twice": (
        edited(lambda one: signatures(one).extend(signatures(one)[:])),
        MALFORMED,
    ),
    "a second signature by another key": (with_another_signature, MALFORMED),
    "another key's signature": (by_another_key, "signed by another key (keyid "),
    "the signature's last bit": (edited(flip_signature), MISMATCH),
    "another signature's bytes": (
        edited(lambda one: signatures(one)[0].update(sig=base64.b64encode(b"x" * 70).decode())),
        MISMATCH,
    ),
    "another key id": (
        edited(lambda one: signatures(one)[0].update(keyid="0" * 64)),
        "signed by another key (keyid 0000",
    ),
    "another payload type": (
        edited(lambda one: one["dsseEnvelope"].update(payloadType="text/plain")),
        MISMATCH,
    ),
    "another key hint": (
        edited(lambda one: one["verificationMaterial"]["publicKey"].update(hint="0" * 64)),
        OUTSIDE,
    ),
    "another media type": (edited(lambda one: one.update(mediaType="application/json")), OUTSIDE),
    "an older report's": (of_an_older_run, "report.json was changed"),
}


@pytest.mark.parametrize(("tamper", "says"), ATTESTATIONS.values(), ids=ATTESTATIONS.keys())
def test_a_changed_attestation_is_refused(written: Written, tamper: Tamper, says: str) -> None:
    tamper(written)
    assert says in refused(written)


def test_an_older_report_shown_for_a_newer_model_is_refused(
    written: Written, tmp_path: Path
) -> None:
    """Alone it holds, as it should: it is about another model, which must be given to be told."""
    older = sample.model_folder(tmp_path / "older-model")
    folder = write_sample(tmp_path / "older", older, written.keys).parent
    assert verify_report(folder, written.keys.public, older)
    assert any("the model" in one for one in verify_report(folder, written.keys.public).not_checked)
    with pytest.raises(VerificationFailed, match=r"model file model\.safetensors is missing"):
        verify_report(folder, written.keys.public, written.model)
