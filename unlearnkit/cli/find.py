"""unlearnkit index | locate | review."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer
from rich.markup import escape
from rich.text import Text

from unlearnkit.cli.left_out import say_left_out
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
from unlearnkit.domain import Certainty, Engine, Located
from unlearnkit.errors import BadInput

if TYPE_CHECKING:
    from unlearnkit.corpus.index import IndexInfo
    from unlearnkit.pipeline.context import Context
    from unlearnkit.pipeline.review import Sheet


def register(app: typer.Typer) -> None:
    """Put `index`, `locate` and `review` on the command line."""
    command(app, "index", "unlearnkit index tickets.jsonl mails/ crm.parquet")(
        with_options(index, readings=reading_options)
    )
    command(app, "locate", "unlearnkit locate 6a7551aa")(locate)
    command(app, "review", "unlearnkit review 6a7551aa --decisions reviewed.csv")(review)


def index(
    corpus: Annotated[
        list[str],
        typer.Argument(
            help="Training records: .jsonl, .json, .csv, .parquet, .arrow, packed as .gz or .zst; "
            "folders and globs of them, datasets saved to disk, URLs (s3://...)."
        ),
    ],
    readings: Readings,
    patterns_only: Annotated[
        bool, typer.Option("--patterns-only", help="No NER: much faster, and blind to names.")
    ] = False,
    workers: Annotated[
        int | None,
        typer.Option(min=1, help="Processes.", show_default="as many as are worth it"),
    ] = None,
    engine: Annotated[
        Engine,
        typer.Option(help="Where they run: here, or on the Ray cluster of RAY_ADDRESS."),
    ] = Engine.LOCAL,
    plain_index: Annotated[
        bool,
        typer.Option(
            "--plain-index",
            help="UNSAFE: write what was found in plain, too, in a file beside the index.",
        ),
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Find personal data in the training records and index it as keyed hashes."""
    from unlearnkit.corpus.index import QUARANTINE_FILE
    from unlearnkit.corpus.plain_index import PLAIN_FILE
    from unlearnkit.pipeline.find import index_corpus

    with opened(workspace) as context:
        reading = readings(context.workspace.config)
        detection = {"engine": "patterns"} if patterns_only else {}
        info = index_corpus(
            context,
            corpus,
            reading.fields,
            nlp=reading.nlp.model_copy(update=detection),
            workers=workers,
            engine=engine,
            plain=plain_index,
        )
        if plain_index:
            _say_plain(context.workspace.index_dir / PLAIN_FILE)
        left_out = context.workspace.index_dir / QUARANTINE_FILE
    if as_json:
        print_json(info)
        return
    _show_index(info, left_out)
    out.print("Next: unlearnkit locate")


def _show_index(info: IndexInfo, left_out: Path) -> None:
    """What was found how often; `left_out` lists the records that could not be used."""
    rows = [[entity, str(count)] for entity, count in info.entities.items()]
    out.print(
        table(
            f"{counted(info.record_count, 'record')} indexed", ["Found", "Places"], rows, numbers=1
        )
    )
    if info.nlp.engine == "patterns":
        err.print("[yellow]Pattern-only mode was chosen: no names are found by NER.[/]")
    if info.quarantined:
        lacking = sum(info.quarantined.values())
        say_unread(info.quarantined, f"{noun(lacking, 'was', 'were')} left out")
        place = f"Each with file and line: {left_out}"
        err.print(place, highlight=False, markup=False, soft_wrap=True)
        err.print("The model may have been trained on them: mend them and index again.")


def _say_plain(written: Path) -> None:
    """That there is a file now which the index itself was made to do without."""
    from unlearnkit.corpus.plain_index import UNSAFE

    err.print(f"[red]UNSAFE:[/] {escape(str(written))}\n{UNSAFE}", highlight=False, soft_wrap=True)


def locate(
    requests: Annotated[
        list[str] | None, typer.Argument(help="Ids or their beginnings; all open, verified ones.")
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Find the records that concern each person, each with its evidence."""
    from unlearnkit.pipeline.find import locate as locate_requests
    from unlearnkit.pipeline.find import undecided

    with opened(workspace) as context:
        found = locate_requests(context, requests or [])
        if not requests:
            say_left_out(context)
        waiting = [one.request_id for one in found if undecided(context, one)]
    if as_json:
        print_json(list(found))
        return
    for one in found:
        show_located(one)
    for request_id in waiting:
        out.print(f"Next: unlearnkit review {request_id}", highlight=False)
    if not waiting:
        out.print("Next: unlearnkit unlearn MODEL --out DIR")


CLASSES = {
    Certainty.CERTAIN: "certain",
    Certainty.UNCERTAIN: "[yellow]review[/]",
    Certainty.RELATED: "[yellow]review: related[/]",
}


def show_located(found: Located) -> None:
    """One table for one request: every match, why, and how sure it is. Names nobody."""
    count = Counter(match.certainty for match in found.matches)
    title = (
        f"Request {found.request_id}: {count[Certainty.CERTAIN]} certain, "
        f"{len(found.matches) - count[Certainty.CERTAIN]} to review, "
        f"of {counted(found.record_count, 'record')}"
    )
    rows = [
        [
            Text(match.record_id).markup,
            CLASSES[match.certainty],
            f"{match.score:+.1f}",
            match.reason,
        ]
        for match in found.matches
    ]
    out.print(table(title, ["Record", "Class", "Bits", "Evidence"], rows))


def review(
    request: Annotated[str, typer.Argument(help="The request's id, or its beginning.")],
    decisions_file: Annotated[
        Path | None,
        typer.Option(
            "--decisions", help="CSV with record_id and decision (accept, spans or reject)."
        ),
    ] = None,
    export: Annotated[
        Path | None,
        typer.Option(
            "--export", "--write", help="Write such a CSV to fill in, and decide nothing."
        ),
    ] = None,
    again: Annotated[
        bool, typer.Option("--again", help="Ask about those that are decided already, too.")
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Decide about the matches of a request that are not certain, one by one or from a file.

    accept: the record is about the person and is forgotten. spans: it is somebody else's and names
    the person; what is about them is forgotten, the rest kept. reject: it is not about them.
    """
    from unlearnkit.pipeline.review import export as export_sheet
    from unlearnkit.pipeline.review import reviewed, sheet, take_in

    _one_way({"--decisions": decisions_file, "--export": export, "--again": again or None})
    with opened(workspace) as context:
        before = sheet(context, context.ledger.request(request))
        if export is not None:
            export_sheet(context, before, export)
            _say_exported(export, len(before.again), len(before.left))
            return
        if decisions_file is not None:
            after = take_in(context, before, decisions_file)
        else:
            after = _one_by_one(context, before, again)
    done = reviewed(before, after)
    if as_json:
        print_json(
            {
                "request": done.request,
                "decided": done.decided,
                "changed": done.changed,
                "left": done.left,
            }
        )
        return
    otherwise = f"{done.changed} decided otherwise, " if done.changed else ""
    out.print(
        f"{done.decided} decided, {otherwise}{done.left} left; request {done.request.id} is "
        f"{done.request.state}"
    )


def _say_exported(sheet: Path, rows: int, waiting: int) -> None:
    """What to do with the sheet, which holds ids and evidence and no record's text."""
    if not rows:
        out.print(f"There is nothing to decide: {sheet} has no rows.", highlight=False)
        return
    if waiting:
        out.print(f"Fill in the decisions in {sheet}, then give it with --decisions.")
    else:
        out.print(f"All is decided; {sheet} has the answers, to be changed with --decisions.")
    err.print("The records are not in it: whoever decides needs them beside it, by their ids.")


def _one_way(given: Mapping[str, object]) -> None:
    """Raise BadInput where more than one of these options was given: one would be ignored."""
    names = [name for name, value in given.items() if value is not None]
    if len(names) > 1:
        raise BadInput(
            f"{' and '.join(names)}: not both at once",
            fix="--decisions reads decisions, --export writes them, --again asks for them anew.",
        )


def _one_by_one(context: Context, sheet: Sheet, again: bool) -> Sheet:
    """Ask about each match that waits; `again`: about those that are decided, too."""
    from unlearnkit.cli.reviewing import review_each
    from unlearnkit.pipeline.review import answer, matched_records

    asked = sheet.again if again else sheet.left
    records = matched_records(context, sheet) if asked else {}
    after = sheet
    for number, word in review_each(sheet, asked, records):
        after = answer(context, after, number, word, records)
    return after
