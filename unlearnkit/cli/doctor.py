"""unlearnkit doctor."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence

import typer
from rich.markup import escape
from rich.table import Table

from unlearnkit.cli.terminal import (
    HERE,
    JsonOption,
    WorkspaceOption,
    command,
    now,
    out,
    print_json,
    say,
)
from unlearnkit.counted import counted
from unlearnkit.domain import Checkup, Examined, Holding
from unlearnkit.domain.checkup import VAULT

MANY = 5
"""Closed requests that are shown one by one."""
UUID = re.compile(r"([0-9a-f]{8})(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
COLOURS = {"ok": "green", "warn": "yellow", "problem": "bold red"}


def register(app: typer.Typer) -> None:
    """Put `doctor` on the command line."""
    command(app, "doctor", "unlearnkit doctor")(doctor)


def doctor(workspace: WorkspaceOption = HERE, as_json: JsonOption = False) -> None:
    """Check the installation, and show what personal data is still held, where and why.

    Outside a workspace only the installation. Nothing is changed. Exit code 1 when something is a
    problem; what is only worth knowing (warn) does not change it.
    """
    from unlearnkit.pipeline.doctor import check_up

    found = check_up(workspace, now())
    if as_json:
        print_json(found)
    else:
        _show(found)
    raise typer.Exit(1 if found.health == "problem" else 0)


def _show(found: Checkup) -> None:
    out.print(_examined(found.examined))
    if found.workspace is None:
        out.print("There is no workspace here, so nothing is held (--workspace DIR).")
    elif found.incomplete:
        told = f"What is held could not be looked at: {found.incomplete}"
        out.print(told, highlight=False, markup=False, style="bold red", soft_wrap=True)
    else:
        _show_held(found.held)
    fixes = [(one.health, one.part, one.fix) for one in found.examined]
    fixes += [(one.health, one.where, one.fix) for one in found.held]
    for health, name, fix in fixes:
        if fix and health != "ok":
            told = f"{_word(health)} {escape(name)}: {escape(fix)}"
            if fix.endswith("."):
                say(told)
            else:  # a command, to be copied whole
                out.print(told, highlight=False, soft_wrap=True)
    counts = Counter[str]([one.health for one in found.examined])
    counts.update(one.health for one in found.held)
    told = ", ".join(f"{counts[name]} {name}" for name in COLOURS if counts[name])
    out.print(f"Together: {told}", highlight=False)


def _show_held(held: Sequence[Holding]) -> None:
    by_people: dict[tuple[str, ...], list[Holding]] = {}
    for one in held:
        by_people.setdefault(one.requests, []).append(one)
    rest = by_people.pop((), [])
    still_open = {ids for one in held if one.where == VAULT for ids in one.requests}
    quiet = {
        requests: some
        for requests, some in by_people.items()
        if not still_open & set(requests) and all(one.health == "ok" for one in some)
    }
    if len(quiet) > MANY:
        by_people = {one: some for one, some in by_people.items() if one not in quiet}
    for requests, some in by_people.items():
        more = f" and {len(requests) - 1} more" if len(requests) > 1 else ""
        out.print(_held(f"Request {requests[0]}{more}", some))
    if len(quiet) > MANY:
        count = len({one for requests in quiet for one in requests})
        out.print(_held(f"{counted(count, 'closed request')} (each: --json)", _merged(quiet)))
    if rest:
        out.print(_held("About no single request", rest))
    if not held:
        out.print("No personal data is held in this workspace.")
    out.print(
        "Not looked at: your records, your models and their backups, reports written elsewhere.",
        style="dim",
    )


def _merged(groups: Mapping[tuple[str, ...], Sequence[Holding]]) -> list[Holding]:
    """One of each kind, with the sum of their counts and the earliest time."""
    found: dict[str, Holding] = {}
    for one in (one for some in groups.values() for one in some):
        before = found.get(one.what)
        if before is None:
            found[one.what] = one.model_copy(update={"where": one.where.partition("/")[0]})
        else:
            times = [time for time in (before.since, one.since) if time is not None]
            update = {"count": before.count + one.count, "since": min(times, default=None)}
            found[one.what] = before.model_copy(update=update)
    return list(found.values())


def _table(title: str, columns: Sequence[str]) -> Table:
    drawn = Table(
        title=title, title_justify="left", title_style="bold", header_style="dim", expand=True
    )
    for name in columns:
        drawn.add_column(name, overflow="fold")
    return drawn


def _examined(examined: Sequence[Examined]) -> Table:
    drawn = _table("Installation", ("Part", "", "Found"))
    drawn.columns[0].no_wrap = drawn.columns[1].no_wrap = True
    for one in examined:
        fix = f"\n[dim]{escape(one.fix)}[/]" if one.fix and one.health == "ok" else ""
        drawn.add_row(one.part, _word(one.health), escape(one.found) + fix)
    return drawn


def _held(title: str, held: Sequence[Holding]) -> Table:
    drawn = _table(title, ("What, and where", "Since", "As", "Why, and until when"))
    drawn.columns[0].ratio, drawn.columns[3].ratio = 4, 5
    drawn.columns[1].no_wrap = True
    for one in sorted(held, key=lambda one: one.what):
        times = f" ({one.count})" if one.count > 1 else ""
        where = UUID.sub(r"\1…", one.where)
        word = "" if one.health == "ok" else f"{_word(one.health)}: "
        drawn.add_row(
            f"{escape(one.what)}{times}\n[dim]{escape(where)}[/]",
            f"{one.since:%Y-%m-%d}" if one.since else "",
            str(one.held_as),
            f"{word}{escape(one.why)}\n[dim]{escape(one.until)}[/]",
        )
    return drawn


def _word(health: str) -> str:
    return f"[{COLOURS[health]}]{health}[/]"
