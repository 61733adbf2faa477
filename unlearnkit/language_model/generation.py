"""What a model says by itself: greedy and sampled continuations of given beginnings.

A sampled token is the first whose cumulated probability (of softmax(z / temperature), in the
vocabulary's order) reaches a number drawn from 0 to 1. The numbers come with the beginning, so what
follows depends neither on the batch nor on the device, the rounding of logits apart.

An example: of the tokens a, b, c with probabilities 0.5, 0.3, 0.2, the cumulated ones are 0.5, 0.8,
1; the number 0.6 draws b. It is drawn by leaving b the only token that is possible, so that what
is searched for greedily is what was drawn.

Of a batch ids are (batch, width), padded on the left; a step's logits are (batch, vocab), with
beams (batch * beams, vocab), those of one row side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from unlearnkit.errors import CannotEvaluate
from unlearnkit.language_model.folder import LanguageModel, special_ids
from unlearnkit.language_model.prefixes import cache_name, read_once
from unlearnkit.language_model.tokens import IGNORED, Batch, Example, collate

if TYPE_CHECKING:
    from torch import Tensor


@dataclass(frozen=True, slots=True)
class Opening:
    """The beginning of a record, and how the record itself goes on; token ids."""

    given: tuple[int, ...]
    expected: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Beginning:
    """Token ids, and how many tokens may follow them at most."""

    given: tuple[int, ...] = field(repr=False)
    length: int
    draws: tuple[float, ...] = ()
    """A number from 0 to 1 for each token that follows; none: the most likely ones."""
    temperature: float = 1.0
    """Of sampling: above 1 what is unlikely becomes likelier."""


def opening(example: Example, ends: Sequence[int] = ()) -> Opening:
    """What stands before the last run of counted tokens, and that run.

    The last run is the answer, or what the assistant says last. One in which several turns end, by
    a token of `ends`, is a conversation whose every turn counts: its last turn is expected then, as
    no continuation goes on past such a token. Where nothing but one token stands before the run (a
    text without a prompt), its first half is given too.
    """
    end = max(at for at, label in enumerate(example.labels) if label != IGNORED) + 1
    start = end
    while start > 0 and example.labels[start - 1] != IGNORED:
        start -= 1
    closed = [at + 1 for at in range(start, end) if example.input_ids[at] in ends]
    if len(closed) > 1:
        start, end = closed[-2:]
    if start <= 1:
        start += (end - start) // 2
    return Opening(example.input_ids[:start], example.input_ids[start:end])


def continuations(
    language_model: LanguageModel, openings: Sequence[Opening], device: Any, batch_size: int = 16
) -> list[tuple[int, ...]]:
    """Greedy continuations, each as long as what is expected at most, in the openings' order."""
    beginnings = [Beginning(one.given, len(one.expected)) for one in openings]
    return continued(language_model, beginnings, device, batch_size)


def continued(
    language_model: LanguageModel, beginnings: Sequence[Beginning], device: Any, batch_size: int
) -> list[tuple[int, ...]]:
    """What follows each beginning, in their order.

    The model's distribution as it is, whatever sampling or penalties its own configuration asks
    for. The token that ends a text ends a continuation and is part of it.
    """
    tokenizer, model = language_model.tokenizer, language_model.model
    ends = ending(language_model)
    following: dict[int, tuple[int, ...]] = {}
    for places in batches(beginnings, batch_size):
        together = [beginnings[place] for place in places]
        batch = prompted(together, tokenizer.pad_token_id, device)
        draw = drawing(together, batch.input_ids.shape[1], batch.input_ids.device)
        longest = max(beginning.length for beginning in together)
        made = generated(model, batch, longest, ends, logits_processor=[draw])
        for place, ids in zip(places, made, strict=True):
            following[place] = ended(ids[: beginnings[place].length], ends)
    return [following[place] for place in range(len(beginnings))]


def prompted(beginnings: Sequence[Beginning], pad_id: int, device: Any) -> Batch:
    """What is given of them, padded on the left."""
    examples = [Example(one.given, one.given) for one in beginnings]
    return collate(examples, pad_id, side="left").to(device)


def batches(beginnings: Sequence[Beginning], batch_size: int) -> Iterator[list[int]]:
    """Places of beginnings of similar length, equal ones side by side.

    A batch is never longer than the longest beginning with its end. Each fits into the model's
    context by itself; a long beginning beside a long end might not.
    """

    def likeness(place: int) -> tuple[int, tuple[int, ...], int]:
        beginning = beginnings[place]
        return len(beginning.given), beginning.given, beginning.length

    room = max((len(one.given) + one.length for one in beginnings), default=0)
    batch: list[int] = []
    for place in sorted(range(len(beginnings)), key=likeness):
        longer = [*batch, place]
        given = max(len(beginnings[at].given) for at in longer)
        length = max(beginnings[at].length for at in longer)
        if batch and (len(longer) > batch_size or given + length > room):
            yield batch
            longer = [place]
        batch = longer
    if batch:
        yield batch


def ending(language_model: LanguageModel) -> list[int]:
    """The tokens that end a text: the tokenizer's, and those at which generation stops.

    Of the latter special tokens only: a model that lists digits would cut its own leak short.
    """
    own = getattr(language_model.model, "generation_config", None)
    stops = getattr(own, "eos_token_id", None)
    several = stops if isinstance(stops, list) else [stops]
    tokenizer = language_model.tokenizer
    ends = {
        tokenizer.eos_token_id,
        *(token for token in several if token in special_ids(tokenizer)),
    }
    return sorted(token for token in ends if token is not None)


@contextmanager
def finite_logits(model: Any) -> Iterator[None]:
    """While it lasts, the model's logits are looked at; raises CannotEvaluate for NaN or infinity.

    From such a model something comes out, and never what it was trained on. Minus infinity rules a
    token out, and is none.
    """
    import torch

    bad: list[Tensor] = []

    def look(_: Any, __: Any, made: Any) -> None:
        logits = getattr(made, "logits", None)
        if logits is not None:
            highest = logits.amax(-1)  # NaN where one is; -inf where all are
            bad.append(~torch.isfinite(highest).all())

    hook = model.register_forward_hook(look)
    try:
        yield
    finally:
        hook.remove()
    if bad and bool(torch.stack(bad).any()):
        raise CannotEvaluate(
            "the model computes no finite numbers, so what it says tells nothing",
            fix="Its weights or its number format are broken: look at the training that made it.",
        )


def generated(
    model: Any,
    batch: Batch,
    length: int,
    ends: list[int],
    *,
    beams: int = 1,
    logits_processor: Sequence[Callable[[Tensor, Tensor], Tensor]] = (),
) -> list[list[int]]:
    """What follows each row of a batch that is padded on the left, padded on the right.

    With beams as many continuations of each row, the likeliest first: log p of their tokens is the
    sum, whatever their length. Equal rows are read once.
    """
    import inspect

    import torch
    from transformers import GenerationConfig

    own = model.generation_config
    searching = {"num_beams": beams, "num_return_sequences": beams, "length_penalty": 0.0}
    how = GenerationConfig(  # type: ignore[no-untyped-call]
        max_new_tokens=length,
        do_sample=False,
        eos_token_id=ends or None,
        pad_token_id=0,
        **(searching if beams > 1 else {}),
    )
    inputs = batch.inputs()
    if "position_ids" not in inspect.signature(model.forward).parameters:
        del inputs["position_ids"]
    kept = read_once(model, inputs, beams)
    # What a given configuration leaves open, generate takes from the model's own.
    model.generation_config = how
    try:
        with torch.no_grad():
            # (batch * beams, width + length)
            made = model.generate(
                input_ids=batch.input_ids,
                attention_mask=batch.attention_mask,
                generation_config=how,
                logits_processor=list(logits_processor),
                **({} if kept is None else {cache_name(model): kept}),
            )
    finally:
        model.generation_config = own
    following: list[list[int]] = made[:, batch.input_ids.shape[1] :].tolist()
    return following


def drawing(
    beginnings: Sequence[Beginning], width: int, device: Any
) -> Callable[[Tensor, Tensor], Tensor]:
    """A logits processor after which the most likely token of a sampled row is the drawn one.

    It takes the ids so far (batch, length), of which `width` were given, and logits (batch, vocab).
    """
    import torch

    sampled = [row for row, one in enumerate(beginnings) if one.draws]
    longest = max((len(beginnings[row].draws) for row in sampled), default=0)
    # A row that is done before the others goes on unread, with any number.
    padded = [
        (*beginnings[row].draws, *([0.0] * (longest - len(beginnings[row].draws))))
        for row in sampled
    ]
    # Apple's GPUs have no float64; in float32 a rare token may be drawn for its neighbour.
    precise = torch.float32 if torch.device(device).type == "mps" else torch.float64
    numbers = torch.tensor(padded, dtype=precise, device=device)  # (sampled, longest)
    rows = torch.tensor(sampled, dtype=torch.long, device=device)  # (sampled,)
    temperatures = torch.tensor(
        [[beginnings[row].temperature] for row in sampled], dtype=precise, device=device
    )  # (sampled, 1)

    def process(ids: Tensor, logits: Tensor) -> Tensor:
        step = ids.shape[1] - width
        if not sampled or step >= longest:
            return logits
        # (sampled, vocab)
        cumulated = (logits[rows].to(precise) / temperatures).softmax(-1).cumsum(-1)
        # Rounding may leave the last sum a little below 1.
        wanted = numbers[:, step : step + 1] * cumulated[:, -1:]  # (sampled, 1)
        drawn = torch.searchsorted(cumulated, wanted, right=True).clamp(max=logits.shape[-1] - 1)
        changed = logits.clone()
        changed[rows] = changed[rows].fill_(float("-inf")).scatter(-1, drawn, 0.0)
        return changed

    return process


def ended(ids: Sequence[int], ends: Sequence[int]) -> tuple[int, ...]:
    """The tokens up to the first that ends a text, that one included; then comes padding."""
    stop = next((at + 1 for at, one in enumerate(ids) if one in ends), len(ids))
    return tuple(ids[:stop])
