"""A gate's verdict in the forms that CI services read, each written whole or not at all."""

from __future__ import annotations

from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from urllib.parse import quote

from unlearnkit.artefacts import write_atomic
from unlearnkit.errors import BadInput
from unlearnkit.pipeline import probe_gate, screen
from unlearnkit.pipeline.prove import Gated
from unlearnkit.policy.checking import rule_lines
from unlearnkit.policy.explaining import explained
from unlearnkit.report.gate_junit import junit
from unlearnkit.report.gate_sarif import PolicySource, sarif
from unlearnkit.report.render import render_gate_summary
from unlearnkit.yaml_file import read_yaml

OWN = {screen.RULE: screen.RULE_SAYS, probe_gate.RULE: probe_gate.RULE_SAYS}
"""Checks that are no rules of the policy, and what they say."""


@dataclass(frozen=True, slots=True)
class GateFiles:
    """Where to write what; None: nowhere."""

    junit: Path | None = None
    sarif: Path | None = None
    markdown: Path | None = None

    def named(self) -> list[Path]:
        """Those that are to be written."""
        return [one for one in (self.junit, self.sarif, self.markdown) if one is not None]


def clear(files: GateFiles) -> None:
    """Take away what an earlier gate wrote: where this one ends early, CI must not show that.

    Raises BadInput where a folder is in the way, or where a file cannot be taken away.
    """
    for path in files.named():
        try:
            path.unlink(missing_ok=True)
        except OSError as error:
            raise BadInput(f"cannot write it: {error.strerror}", where=path) from None


def write(files: GateFiles, gated: Gated, templates_dir: Path) -> None:
    """Write every file that is named. Raises BadInput where one cannot be written."""
    verdict = gated.verdict
    if files.junit is not None:
        write_atomic(files.junit, junit(verdict, gated.asking))
    if files.sarif is not None:
        log = sarif(verdict, _source(gated), version("unlearnkit"), gated.asking)
        write_atomic(files.sarif, log)
    if files.markdown is not None:
        page = render_gate_summary(verdict, templates_dir, gated.asking)
        write_atomic(files.markdown, page.encode())


def add_to_page(page: Path, gated: Gated, templates_dir: Path) -> None:
    """Write the summary behind what stands on a CI job's page already."""
    summary = render_gate_summary(gated.verdict, templates_dir, gated.asking)
    with page.open("a", encoding="utf-8") as file:
        file.write(summary + "\n")


def _source(gated: Gated) -> PolicySource:
    return PolicySource(
        uri=_uri(gated.policy_file),
        lines=dict.fromkeys(OWN, 1) | rule_lines(read_yaml(gated.policy_file)),
        says=OWN | {one.rule: one.says for one in explained(gated.policy)},
    )


def _uri(path: Path) -> str:
    """The policy's place below the working folder; elsewhere its name alone.

    A full path would tell the machine's folders, and with them often a user's name.
    """
    here, place = Path.cwd(), path.resolve()
    below = place.relative_to(here).as_posix() if place.is_relative_to(here) else place.name
    return quote(below)
