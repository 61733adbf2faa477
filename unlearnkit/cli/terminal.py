"""What every command shares: where it prints, progress, errors with their exit codes.

Results go to standard output, everything said on the way to standard error.
"""

from __future__ import annotations

import json
import sys
import time
import unicodedata
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, datetime
from functools import wraps
from inspect import cleandoc
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, ParamSpec, TypeVar

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from unlearnkit.counted import counted
from unlearnkit.domain import Passed, Progress, TrainingPass, silent, unheard
from unlearnkit.errors import UnlearnkitError

if TYPE_CHECKING:
    from unlearnkit.pipeline.context import Context

out = Console()
err = Console(stderr=True)

WorkspaceOption = Annotated[
    Path,
    typer.Option(
        "--workspace",
        "-w",
        envvar="UNLEARNKIT_WORKSPACE",
        help="The workspace folder made by 'unlearnkit init'.",
    ),
]
JsonOption = Annotated[bool, typer.Option("--json", help="Print JSON for machines.")]
ReferenceOption = Annotated[
    Path | None,
    typer.Option(help="A model retrained without the forget set, where there is one."),
]
HERE = Path()
Clock = Callable[[], float]
"""Seconds since some moment, never going back."""
STEP_SECONDS, PASS_SECONDS = 60.0, 10.0
"""In a log, the least time between two lines about a step, and between two about passes."""

REPLACED = "\N{REPLACEMENT CHARACTER}"
_TURNING = frozenset(
    "\N{ARABIC LETTER MARK}\N{LEFT-TO-RIGHT MARK}\N{RIGHT-TO-LEFT MARK}"
    "\N{LEFT-TO-RIGHT EMBEDDING}\N{RIGHT-TO-LEFT EMBEDDING}\N{POP DIRECTIONAL FORMATTING}"
    "\N{LEFT-TO-RIGHT OVERRIDE}\N{RIGHT-TO-LEFT OVERRIDE}\N{LEFT-TO-RIGHT ISOLATE}"
    "\N{RIGHT-TO-LEFT ISOLATE}\N{FIRST STRONG ISOLATE}\N{POP DIRECTIONAL ISOLATE}"
)

P = ParamSpec("P")
R = TypeVar("R")


def now() -> datetime:
    """The time stamped on events and artefacts, in UTC."""
    return datetime.now(UTC)


def debugging() -> bool:
    """Whether --debug was given: tracebacks instead of one-line errors."""
    return "--debug" in sys.argv


def command(
    app: typer.Typer, name: str, example: str
) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Put a function on the command line, with an example under its help and errors answered."""

    def put(function: Callable[P, R]) -> Callable[P, R]:
        told = in_paragraphs(function.__doc__ or "")
        app.command(name, help=told, epilog=f"Example: {example}")(answers_errors(function))
        return function

    return put


def in_paragraphs(docstring: str) -> str:
    """A docstring's paragraphs, each one line: the terminal's width breaks it, not the source's."""
    return "\n\n".join(" ".join(one.split()) for one in cleandoc(docstring).split("\n\n"))


def answers_errors(command: Callable[P, R]) -> Callable[P, R]:
    """Turn unlearnkit's own errors into a message and their exit code; Ctrl-C into 130."""

    @wraps(command)
    def answered(*args: P.args, **kwargs: P.kwargs) -> R:
        try:
            return command(*args, **kwargs)
        except UnlearnkitError as error:
            if debugging():
                raise
            complain(error)
            raise typer.Exit(error.exit_code) from None
        except (KeyboardInterrupt, typer.Abort):
            err.print("\nStopped. Nothing is half-written; run the same command to go on.")
            raise typer.Exit(130) from None

    return answered


@contextmanager
def opened(workspace: Path, *, alone: bool = True) -> Iterator[Context]:
    """An open workspace with its ledger; `alone` keeps other processes out while it is changed."""
    from unlearnkit.pipeline.context import is_main_process
    from unlearnkit.pipeline.ledger import reading, working

    open_it = working if alone else reading
    with (
        shown_progress() if is_main_process() else nullcontext(silent) as progress,
        open_it(workspace, progress) as context,
    ):
        passed = unheard if err.is_terminal else plain_passes()
        yield replace(context, tell=advise, passed=passed) if is_main_process() else context


def complain(error: UnlearnkitError) -> None:
    """What was wrong, where, and what to do."""
    err.print(f"[bold red]Error:[/] {in_line(str(error))}", highlight=False, soft_wrap=True)
    if error.fix:
        err.print(f"[dim]{as_words(error.fix)}[/]", highlight=False, soft_wrap=True)


def advise(line: str) -> None:
    """A line on standard error about what may not be meant, and stops nothing."""
    err.print(f"[yellow]Note:[/] {in_line(line)}", highlight=False, soft_wrap=True)


def say(told: str) -> None:
    """A line of markup on standard output: at a terminal broken between words, else whole.

    Broken in a pipe, words of somebody else's could come to stand where a line begins.
    """
    out.print(told, highlight=False, soft_wrap=not out.file.isatty())


def as_words(text: str) -> str:
    """Text that may hold somebody else's words, as a file's name, to be printed as it stands.

    No markup of Rich's, and no control character: those could write over what was printed before.
    """
    shown = (one if one.isprintable() or one == "\n" else repr(one)[1:-1] for one in text)
    return escape("".join(shown))


def as_read(text: str) -> str:
    """A record's text of the same length, without what a terminal would obey instead of showing it.

    Those are control characters (Unicode's Cc) but line feed and tab, and those that turn the
    reading direction (Unicode Standard Annex 9, section 2): by either a text could hide itself.
    """
    return "".join(REPLACED if _is_obeyed(one) else one for one in text)


def _is_obeyed(character: str) -> bool:
    controls = unicodedata.category(character) == "Cc" and character not in "\n\t"
    return controls or character in _TURNING


def in_line(text: str) -> str:
    """As `as_words`, in one line: the next could pass for one of ours, or for a CI's command."""
    return as_words(text).replace("\n", "\\n")


def print_json(value: BaseModel | list[Any] | dict[str, Any]) -> None:
    """One JSON document on standard output."""
    if isinstance(value, BaseModel):
        sys.stdout.write(value.model_dump_json(indent=2) + "\n")
    else:
        sys.stdout.write(json.dumps(value, indent=2, default=plain) + "\n")


def plain(value: Any) -> Any:
    """Pydantic models inside lists and dicts, and everything else as text."""
    return value.model_dump(mode="json") if isinstance(value, BaseModel) else str(value)


def say_unread(records: Mapping[str, int], what: str) -> None:
    """On standard error, how many records could not be read, why, and what that means."""
    err.print(f"[yellow]{counted(sum(records.values()), 'record')} {what}:[/]")
    for why, count in records.items():
        err.print(f"  {count}: {why}", highlight=False, markup=False, soft_wrap=True)


def table(title: str, columns: list[str], rows: list[list[str]], numbers: int = 0) -> Table:
    """A table whose last `numbers` columns are figures, which no line breaks."""
    drawn = Table(title=title, title_justify="left", title_style="bold", header_style="dim")
    for place, name in enumerate(columns):
        if place >= len(columns) - numbers:
            drawn.add_column(name, justify="right", no_wrap=True)
        else:
            drawn.add_column(name, overflow="fold")
    for row in rows:
        drawn.add_row(*row)
    return drawn


@contextmanager
def shown_progress() -> Iterator[Progress]:
    """A live Rich bar on a terminal; elsewhere a plain line when a step starts and when it ends."""
    if not err.is_terminal:
        yield plain_progress()
        return
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn
    from rich.progress import Progress as Bars

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    bars = Bars(*columns, TimeElapsedColumn(), console=err)
    tasks: dict[str, Any] = {}

    def progress(what: str, done: int, total: int) -> None:
        bars.start()  # not before: a live display swallows the prompt of a question
        if what not in tasks:
            tasks[what] = bars.add_task(what, total=total)
        bars.update(tasks[what], completed=done, total=total)

    try:
        yield progress
    finally:
        bars.stop()


def plain_progress(clock: Clock = time.monotonic) -> Progress:
    """Progress as lines, for logs: first and last of each step, and once a minute where it is."""
    told: dict[str, float] = {}

    def progress(what: str, done: int, total: int) -> None:
        if what not in told:
            told[what] = clock()
            err.print(f"{what} ...", highlight=False)
        if done >= total:
            err.print(f"{what}: done", highlight=False)
        elif clock() - told[what] >= STEP_SECONDS:
            told[what] = clock()
            err.print(f"{what}: {done} of {total}", highlight=False)

    return progress


def plain_passes(clock: Clock = time.monotonic) -> Passed:
    """Passes as lines, for logs: number, figures and how fast they come; not all where that is."""
    first: tuple[int, float] | None = None
    told = 0.0

    def passed(one: TrainingPass) -> None:
        nonlocal first, told
        at, pace = clock(), ""
        if first is None or one.number <= first[0]:
            first = one.number, at
        elif at - told < PASS_SECONDS:
            return
        else:
            pace = f"; {(at - first[1]) / (one.number - first[0]):.1f} s a pass"
        told = at
        err.print(
            f"pass {one.number}: exact memorization {one.forget_exact_memorization:.3f} of the "
            f"forgotten, {one.holdout_exact_memorization:.3f} of never seen, "
            f"{one.retain_exact_memorization:.3f} of kept records{pace}",
            highlight=False,
            soft_wrap=True,
        )

    return passed
