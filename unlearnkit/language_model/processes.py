"""Work divided over the processes of a launcher (`accelerate launch`); alone it is simply done."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
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
    from accelerate import PartialState
    from accelerate.utils import gather_object

    state = PartialState()
    count = state.num_processes
    mine = items[state.process_index :: count]
    done = list(work(mine)) if mine else []
    if count == 1:
        return done
    parts: list[list[Result]] = gather_object([done])
    return [parts[at % count][at // count] for at in range(len(items))]


def wait_long() -> None:
    """Let processes wait for one another for days; before anything else of accelerate."""
    from accelerate import PartialState

    PartialState(timeout=PATIENCE)


def by_the_first(action: Callable[[], None]) -> None:
    """Do it in the main process only; the others wait until it is done."""
    from accelerate import PartialState

    state = PartialState()
    if state.is_main_process:
        action()
    state.wait_for_everyone()


def from_the_first(work: Callable[[], Result]) -> Result:
    """What `work` gives in the main process, in every process."""
    from accelerate import PartialState
    from accelerate.utils import broadcast_object_list

    found = [work() if PartialState().is_main_process else None]
    result: Result = broadcast_object_list(found)[0]
    return result


def made_alike(tensors: Sequence[Tensor]) -> None:
    """Give every process the main one's values, in place: the same sums may round otherwise."""
    from accelerate import PartialState
    from torch import distributed

    if PartialState().num_processes > 1:
        for one in tensors:
            distributed.broadcast(one.detach(), src=0)
