"""Whether everything that unlearnkit works with is there, part by part, and what to do if not."""

from __future__ import annotations

import platform
import shlex
import shutil
from collections.abc import Callable, Iterator
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.specifiers import SpecifierSet

from unlearnkit.corpus.nlp import NlpSettings, load_analyzer
from unlearnkit.counted import counted
from unlearnkit.domain import Examined, Health
from unlearnkit.errors import BadInput, UnlearnkitError
from unlearnkit.keys import public_half, read_secret, refuse_readable_by_others
from unlearnkit.locate.making import refuse_other_key
from unlearnkit.passphrase import ASK, NONE, Protection
from unlearnkit.pipeline.keys import NEXT
from unlearnkit.pipeline.ledger import verify_ledger
from unlearnkit.workspace import Workspace

PACKAGE = "unlearnkit"
DEVELOPING = frozenset({"dev", "docs"})
"""Extras of use to nobody but who changes unlearnkit."""
LITTLE = 2**30
"""Bytes of free disk below which somebody should know."""
PER_WEIGHT = 28
"""Bytes of disk for each trained weight (`unlearning.models.check_disk`)."""
EXTRAS = {
    "model-signing": "report --sign-model",
    "keyring": "a passphrase from the system's keyring",
    "postgres": "a ledger in PostgreSQL",
    "timestamp": "timestamp, verify --tsa-roots",
    "sigstore": "sigstore, verify --sigstore-identity",
    "lm-eval": "audit --lm-eval",
    "ray": "index --engine ray",
    "mlflow": "unlearnkit.integrations.mlflow",
    "serve": "serve",
}
"""What an extra is for; those not named here are shown without."""


def examine_installation(place: Path, nlp: NlpSettings) -> Iterator[Examined]:
    """Python, packages, devices, NLP model, disk, extras. `place` is where work would be kept."""
    yield _answered("Python", _python)
    yield _answered("packages", _packages)
    yield _answered("torch", _torch)
    yield _answered("NLP model", lambda: _nlp_model(nlp))
    yield _answered("disk", lambda: _disk(place))
    yield from _extras()


def examine_workspace(workspace: Workspace) -> Iterator[Examined]:
    """Its keys, their passphrase, and the ledger, which is not changed. Asks for no passphrase."""
    yield _answered("keys", lambda: _keys(workspace))
    yield _answered("passphrase", lambda: _passphrase(workspace))
    yield _answered("ledger", lambda: _ledger(workspace))
    yield _answered("do-not-train list", lambda: _list(workspace))


def _answered(part: str, ask: Callable[[], Examined]) -> Examined:
    """What is answered, or the refusal as a problem."""
    try:
        return ask()
    except UnlearnkitError as error:
        return Examined(part=part, health=Health.PROBLEM, found=str(error), fix=error.fix)


def _python() -> Examined:
    wanted = SpecifierSet(metadata.metadata(PACKAGE)["Requires-Python"] or "")
    version = platform.python_version()
    if wanted.contains(version, prereleases=True):
        return Examined(part="Python", health=Health.OK, found=version)
    return Examined(
        part="Python",
        health=Health.PROBLEM,
        found=f"{version}, and {wanted} is needed",
        fix="Make the environment anew with a Python of such a version.",
    )


def _packages() -> Examined:
    needed = requirements("")
    wrong = [told for one in needed if (told := lacking(one))]
    if not wrong:
        return Examined(part="packages", health=Health.OK, found=f"all {len(needed)} fit")
    return Examined(
        part="packages",
        health=Health.PROBLEM,
        found="; ".join(wrong),
        fix=f"pip install --upgrade {PACKAGE}",
    )


def _torch() -> Examined:
    try:
        import torch
    except (ImportError, OSError) as error:
        return Examined(
            part="torch",
            health=Health.PROBLEM,
            found=f"it cannot be loaded ({type(error).__name__})",
            fix="Install the build of torch for this machine: https://pytorch.org/get-started",
        )
    version = torch.__version__
    if torch.cuda.is_available():
        cards = [torch.cuda.get_device_properties(at) for at in range(torch.cuda.device_count())]
        told = ", ".join(f"{one.name} ({one.total_memory / 2**30:.0f} GiB)" for one in cards)
        return Examined(part="torch", health=Health.OK, found=f"{version}; {told}")
    if torch.backends.mps.is_available():
        return Examined(part="torch", health=Health.OK, found=f"{version}; Apple's GPU")
    if shutil.which("nvidia-smi"):
        return Examined(
            part="torch",
            health=Health.WARN,
            found=f"{version} does not see this machine's GPU",
            fix="Install the build of torch that fits the driver: https://pytorch.org/get-started",
        )
    return Examined(
        part="torch",
        health=Health.WARN,
        found=f"{version}, no GPU",
        fix="Small models run without one; for billions of weights use a machine that has one.",
    )


def _nlp_model(nlp: NlpSettings) -> Examined:
    load_analyzer(nlp)
    if nlp.engine == "patterns":
        return Examined(
            part="NLP model",
            health=Health.WARN,
            found="none: names are found by their spelling only ('engine: patterns')",
            fix="Set 'nlp' in unlearnkit.yaml if names are to be found by a model too.",
        )
    return Examined(part="NLP model", health=Health.OK, found=f"{nlp.model} ({nlp.engine})")


def _disk(place: Path) -> Examined:
    free = shutil.disk_usage(place).free
    told = (
        f"{free / 2**30:.1f} GiB free: the checkpoints of at most "
        f"{free / PER_WEIGHT / 1e9:.1f} billion trained weights"
    )
    if free >= LITTLE:
        return Examined(part="disk", health=Health.OK, found=told)
    return Examined(
        part="disk", health=Health.WARN, found=told, fix="Free some, or use another disk."
    )


def _extras() -> Iterator[Examined]:
    names = metadata.metadata(PACKAGE).get_all("Provides-Extra") or []
    for name in (one for one in names if one not in DEVELOPING):
        use = f" ({EXTRAS[name]})" if name in EXTRAS else ""
        wrong = [told for one in requirements(name) if (told := lacking(one))]
        if wrong:
            found, fix = f"not installed{use}", f"pip install '{PACKAGE}[{name}]'"
        else:
            found, fix = f"installed{use}", ""
        yield Examined(part=f"extra {name}", health=Health.OK, found=found, fix=fix)


def requirements(extra: str) -> list[Requirement]:
    """What the package needs, or what an extra adds to it, on this machine."""
    found = []
    for text in metadata.requires(PACKAGE) or []:
        one = Requirement(text)
        always = one.marker is None or one.marker.evaluate({"extra": ""})
        chosen = one.marker is None or one.marker.evaluate({"extra": extra})
        if always if not extra else chosen and not always:
            found.append(one)
    return found


def lacking(needed: Requirement) -> str:
    """What is wrong with the installed version; empty where it fits."""
    try:
        there = metadata.version(needed.name)
    except metadata.PackageNotFoundError:
        return f"{needed.name} is not installed"
    if needed.specifier.contains(there, prereleases=True):
        return ""
    return f"{needed.name} {there} is installed, and {needed.specifier} is needed"


def _keys(workspace: Workspace) -> Examined:
    for file in (workspace.signing_file, workspace.secret_file):
        refuse_readable_by_others(file)
    if workspace.keys_dir.stat().st_mode & 0o077:
        return Examined(
            part="keys",
            health=Health.WARN,
            found="other users of this machine can see what is in keys/",
            fix=f"chmod 700 {shlex.quote(str(workspace.keys_dir))}",
        )
    source = Protection.of(workspace.passphrase_file).now.source
    if source == ASK:
        found = "present, private to their owner; not opened: their passphrase is asked for"
        return Examined(part="keys", health=Health.OK, found=found)
    signing = workspace.signing_key
    public = public_half(signing)
    read_secret(workspace.secret_file, signing.unlocking)
    if (workspace.keys_dir / NEXT).exists():
        return Examined(
            part="keys",
            health=Health.WARN,
            found="replacing the signing key was interrupted",
            fix="unlearnkit key rotate",
        )
    if not workspace.public_key.is_file() or workspace.public_key.read_bytes() != public:
        raise BadInput(
            "signing.pub is not the public half of signing.pem",
            where=workspace.keys_dir,
            fix="Put both back from the same backup.",
        )
    return Examined(part="keys", health=Health.OK, found="present, private to their owner, opened")


def _passphrase(workspace: Workspace) -> Examined:
    source = Protection.of(workspace.passphrase_file).now.source
    if source != NONE:
        kind = source.partition(":")[0]
        return Examined(part="passphrase", health=Health.OK, found=f"protects the keys ({kind})")
    return Examined(
        part="passphrase",
        health=Health.WARN,
        found="none: who copies this disk or its backup can use the keys",
        fix="unlearnkit key protect --passphrase-from SOURCE (docs/keys.md)",
    )


def _ledger(workspace: Workspace) -> Examined:
    if not workspace.ledger_is_up_to_date():
        return Examined(
            part="ledger",
            health=Health.WARN,
            found="of an earlier release",
            fix="The next command that opens it brings it to today's schema; keep a backup.",
        )
    with workspace.open_ledger() as ledger:
        found = verify_ledger(workspace, ledger)
    return Examined(part="ledger", health=Health.OK, found=_events(found.head.size))


def _events(count: int) -> str:
    return f"{counted(count, 'event')}{', which hold each other' if count > 1 else ''}"


def _list(workspace: Workspace) -> Examined:
    asked = Protection.of(workspace.passphrase_file).now.source == ASK
    if asked or not workspace.ledger_is_up_to_date():
        return Examined(part="do-not-train list", health=Health.OK, found="not looked at")
    with workspace.open_ledger() as ledger:
        entries = ledger.do_not_train()
    refuse_other_key(entries, workspace.pseudonym_key)
    people = len({one.request_id for one in entries})
    return Examined(
        part="do-not-train list", health=Health.OK, found=counted(people, "person", "people")
    )
