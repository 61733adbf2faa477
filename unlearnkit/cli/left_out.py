"""What is said about requests that are not run, and of what could not be listed."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from unlearnkit.cli.terminal import err
from unlearnkit.counted import counted

if TYPE_CHECKING:
    from unlearnkit.pipeline.context import Context


def say_left_out(context: Context) -> None:
    """On standard error, which open requests are left out: nobody verified whose they are."""
    from unlearnkit.pipeline.context import is_main_process
    from unlearnkit.pipeline.requests import left_out

    waiting = left_out(context)
    if not waiting or not is_main_process():
        return
    count = counted(len(waiting), "request")
    err.print(
        f"[yellow]Left out: {count}, because nobody has verified yet whose.[/]", highlight=False
    )
    for one in waiting:
        err.print(
            f"  unlearnkit request verify-identity {one.id} --how TEXT",
            highlight=False,
            soft_wrap=True,
        )


def say_not_listed(sentences: Iterable[str]) -> None:
    """On standard error, what a completed request lacks on the do-not-train list."""
    for sentence in sentences:
        err.print(f"[yellow]Not listed.[/] {sentence}", highlight=False, soft_wrap=True)
