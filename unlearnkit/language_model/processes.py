"""Work divided over the processes of a launcher (`accelerate launch`); alone it is simply done."""

from __future__ import annotations

import atexit
from collections.abc import Callable, Sequence
from datetime import timedelta
from functools import cache
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from accelerate import PartialState
    from torch import Tensor

PATIENCE = timedelta(days=7)
"""How long processes wait for the main one; PyTorch's ten minutes are less than an audit takes."""
Item = TypeVar("Item")
Result = TypeVar("Result")


def divided(
    items: Sequence[Item], work: Callable[[Sequence[Item]], Sequence[Result]]
) -> list[Result]:
    """What `work` makes of every item, in the items' order, the same list in every process.

    Each process does every n-th item. All have to call it with the same items, and `work` gives one
    result an item, whatever the others are; it is not called with none.
    """
    from accelerate.utils import gather_object

    state = known()
    count = state.num_processes
    mine = items[state.process_index :: count]
    done = list(work(mine)) if mine else []
    if count == 1:
        return done
    parts: list[list[Result]] = gather_object([done])
    return [parts[at % count][at // count] for at in range(len(items))]


@cache
def known() -> PartialState:
    """What accelerate knows of the processes; made before anything else of it, they wait for days.

    On CPU it is told so, as `Accelerator` tells it: else each process would take itself for alone.
    """
    from accelerate import PartialState
    from accelerate.utils import parse_flag_from_env

    state = PartialState(cpu=parse_flag_from_env("ACCELERATE_USE_CPU"), timeout=PATIENCE)
    atexit.register(_part)
    return state


def _part() -> None:
    """Gloo's threads would end the interpreter with an abort where they are left to it."""
    from torch import distributed

    if distributed.is_initialized():
        distributed.destroy_process_group()


def by_the_first(action: Callable[[], None]) -> None:
    """Do it in the main process only; the others wait until it is done."""
    state = known()
    if state.is_main_process:
        action()
    state.wait_for_everyone()


def from_the_first(work: Callable[[], Result]) -> Result:
    """What `work` gives in the main process, in every process."""
    from accelerate.utils import broadcast_object_list

    found = [work() if known().is_main_process else None]
    result: Result = broadcast_object_list(found)[0]
    return result


def made_alike(tensors: Sequence[Tensor]) -> None:
    """Give every process the main one's values, in place: the same sums may round otherwise."""
    from torch import distributed

    if known().num_processes > 1:
        for one in tensors:
            distributed.broadcast(one.detach(), src=0)
