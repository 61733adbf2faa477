"""unlearnkit screen."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated

import typer
from rich.text import Text

from unlearnkit.cli.reading import Readings
from unlearnkit.cli.reading import options as reading_options
from unlearnkit.cli.shared_options import with_options
from unlearnkit.cli.terminal import (
    HERE,
    JsonOption,
    WorkspaceOption,
    command,
    err,
    opened,
    out,
    print_json,
    say_unread,
    table,
)
from unlearnkit.counted import counted, noun
from unlearnkit.domain import Outcome, Screened, Sureness

CorpusArgument = Annotated[
    list[str],
    typer.Argument(
        help="Records for the next training run: files, folders, globs and URLs as for index."
    ),
]
SHOWN = 50
"""Findings in the table; --json has all."""
NAMED = 10
"""Requests in a sentence."""


def register(app: typer.Typer) -> None:
    """Put `screen` on the command line."""
    command(app, "screen", "unlearnkit screen new.jsonl --write-clean clean/")(
        with_options(screen, readings=reading_options)
    )


def screen(
    corpus: CorpusArgument,
    readings: Readings,
    strict: Annotated[
        bool,
        typer.Option(
            "--strict",
            help="Fail on what is only possible too, as on a full name alone, and end with 3 where "
            "records could not be read or an earlier version made a list. By default none of it "
            "changes the exit code.",
        ),
    ] = False,
    write_clean: Annotated[
        Path | None,
        typer.Option(
            help="Write the corpus here, without the records that fail it and those that could "
            "not be read. The exit code is still the given corpus's."
        ),
    ] = None,
    workers: Annotated[
        int | None, typer.Option(min=1, help="Processes.", show_default="as many as are worth it")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Before the next training run: is anybody back who was forgotten? 0 no, 1 yes, 3 cannot tell.

    Works from keyed hashes alone, after the person's identifiers were erased: the do-not-train
    list, which every completed request is put on.
    """
    from unlearnkit.pipeline.screen import screen as screen_corpus

    with opened(workspace) as context:
        reading = readings(context.workspace.config)
        found = screen_corpus(
            context,
            corpus,
            reading.fields,
            nlp=reading.nlp,
            workers=workers,
            strict=strict,
            clean=write_clean,
        )
    if as_json:
        print_json(found)
    else:
        show_screened(found)
    raise typer.Exit(found.exit_code)


def show_screened(found: Screened) -> None:
    """What was found, record by record, what was not looked at, and what it comes to."""
    if found.findings:
        rows = [
            [
                Text(one.record_id).markup,
                Text(f"{Path(one.source).name}:{one.line}").markup,
                "[bold red]certain[/]" if one.sureness is Sureness.CERTAIN else "possible",
                one.request_id[:8],
                one.reason,
            ]
            for one in found.findings[:SHOWN]
        ]
        title = "People who were forgotten"
        out.print(table(title, ["Record", "Where", "Sure", "Request", "Evidence"], rows))
        if len(found.findings) > SHOWN:
            out.print(f"and {len(found.findings) - SHOWN} more; --json has all")
    counts = {one: len(found.found(one)) for one in Sureness}
    summary = ", ".join(f"{count} {one}" for one, count in counts.items())
    out.print(
        f"{counted(found.records, 'record')}, {counted(found.people, 'person', 'people')} on the "
        f"do-not-train list: {summary}",
        highlight=False,
    )
    for one in found.written:
        told = f"{one.kept} kept, {one.removed} removed, {one.quarantined} unreadable: {one.file}"
        out.print(told, highlight=False, markup=False, soft_wrap=True)
    _show_gaps(found)
    colour = {Outcome.PASS: "green", Outcome.FAIL: "bold red"}.get(found.outcome, "yellow")
    word = {Outcome.PASS: "CLEAN", Outcome.FAIL: "FOUND"}.get(found.outcome, "CANNOT TELL")
    out.print(f"[{colour}]{word}[/]")


def _shortly(request_ids: Sequence[str]) -> str:
    """Some of them; --json has all."""
    some = ", ".join(one[:8] for one in request_ids[:NAMED])
    return some if len(request_ids) <= NAMED else f"{some} and {len(request_ids) - NAMED} more"


def _show_gaps(found: Screened) -> None:
    if not found.people and not found.unlisted:
        err.print("Nobody was forgotten in this workspace yet: there was nothing to look for.")
    if found.unlisted:
        err.print(
            f"[yellow]Not on the list: {counted(len(found.unlisted), 'completed request')}, closed "
            "by an earlier version. Whether who asked is back cannot be told: "
            f"{_shortly(found.unlisted)}.[/]"
        )
    if found.earlier:
        err.print(
            f"[yellow]Listed by an earlier version: {counted(len(found.earlier), 'request')}. Who "
            "asked is not found in some of the ways to write a person that came since "
            f"(docs/screen.md): {_shortly(found.earlier)}.[/]"
        )
    if found.quarantined:
        were = noun(sum(found.quarantined.values()), "was", "were")
        say_unread(found.quarantined, f"could not be read, and {were} not screened")
