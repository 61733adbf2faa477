"""A record as text and tokens: what stands around its words, and which tokens the loss is on."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from unlearnkit.domain import ASSISTANT, Record, Stretch
from unlearnkit.domain.records import within
from unlearnkit.errors import BadInput

CHAT = "chat"
"""The prompt template that stands for the tokenizer's own chat template."""

Messages = Sequence[dict[str, str]]
"""Turns with role and content, as chat templates take them."""
_OWN_MASK = re.compile(r"\{%-?\s*generation\s*-?%\}")


@dataclass(frozen=True, slots=True)
class Piece:
    """A part of a record that is tokenised by itself; the three tuples have one item a token."""

    text: str
    ids: tuple[int, ...]
    places: tuple[Stretch, ...]
    """Where in `text` each token stands; empty with a tokenizer that cannot tell (a slow one)."""
    learned: tuple[bool, ...]
    """Whether the loss is on the token."""


def pieces(record: Record, tokenizer: Any, prompt_template: str) -> list[Piece]:
    """[BOS] prompt text [EOS], with the loss on text and EOS; a conversation as one piece.

    Prompt and text are tokenised apart, so the boundary does not move with the text. A conversation
    (a chat record, or a prompt under the template `chat`) is what the tokenizer's chat template
    makes of it, nothing added; the loss is on the assistant's turns and the tokens that end them,
    or on all of it where the record says so (`every_turn`).

    Of a part of a record (`loss_on`) the loss is on those of these tokens whose last letter stands
    in it, so that no token is in two parts; what ends the text or a turn is with its last letter.

    Raises BadInput, naming the record, when there is no chat template or it refuses the turns, and
    where it cannot be told where a part of a record stands.
    """
    messages = record.messages
    if record.prompt and prompt_template == CHAT:
        messages = [
            {"role": "user", "content": record.prompt},
            {"role": ASSISTANT, "content": record.text},
        ]
    if messages:
        return [_conversation(messages, record, tokenizer)]
    made = []
    if tokenizer.bos_token_id is not None:
        made.append(_special(tokenizer.bos_token, tokenizer.bos_token_id, learned=False))
    if record.prompt:
        prompt = prompt_template.format(prompt=record.prompt)
        made.append(_tokenised(prompt, tokenizer, learned=False))
    text = _tokenised(record.text, tokenizer, learned=True)
    made.append(_only(text, record.loss_on, record) if record.loss_on else text)
    if tokenizer.eos_token_id is not None:
        to_the_end = not record.loss_on or record.loss_on[-1][1] == len(record.text)
        made.append(_special(tokenizer.eos_token, tokenizer.eos_token_id, learned=to_the_end))
    return made


def ids_before(record: Record, tokenizer: Any, prompt_template: str, start: int) -> tuple[int, ...]:
    """The tokens that stand wholly before `text[start]`, prompt and template's words included.

    A token that reaches over that place does not count. Raises what `pieces` raises, and BadInput
    where the chat template renders the words before otherwise when those after change.
    """
    mark = _unused(record.content)
    text = f"{record.text[:start]}{mark}{record.text[start:]}"
    record = replace(record, loss_on=())
    marked = pieces(replace(record, text=text), tokenizer, prompt_template)
    ids: list[int] = []
    for one, other in zip(pieces(record, tokenizer, prompt_template), marked, strict=True):
        at = other.text.find(mark)
        if at < 0:
            ids += one.ids
            continue
        if one.text[:at] != other.text[:at]:
            raise _refused(
                record, "the chat template renders a turn otherwise when its end changes"
            )
        if not one.places:
            return (*ids, *_tokenised(one.text[:at].rstrip(), tokenizer, learned=False).ids)
        until = zip(one.ids, one.places, strict=True)
        return (*ids, *(id_ for id_, (_, end) in until if end <= at))
    raise _refused(record, "the chat template does not render what the assistant says")


def _special(token: str, token_id: int, *, learned: bool) -> Piece:
    return Piece(token, (token_id,), ((0, len(token)),), (learned,))


def _tokenised(text: str, tokenizer: Any, *, learned: bool) -> Piece:
    out = tokenizer(text, add_special_tokens=False, return_offsets_mapping=tokenizer.is_fast)
    ids = tuple(out["input_ids"])
    return Piece(text, ids, tuple(out.get("offset_mapping", ())), (learned,) * len(ids))


def _conversation(messages: Messages, record: Record, tokenizer: Any) -> Piece:
    if not tokenizer.is_fast:
        raise _refused(record, "this tokenizer cannot say where in a conversation its tokens stand")
    if tokenizer.chat_template is None:
        raise _refused(record, "the tokenizer has no chat template, and this is a conversation")
    text = _rendered(messages, record, tokenizer)
    whole = _tokenised(text, tokenizer, learned=False)
    if record.every_turn:
        learned = (True,) * len(whole.ids)
    elif _OWN_MASK.search(tokenizer.get_chat_template()):
        out = tokenizer.apply_chat_template(
            list(messages), return_dict=True, return_assistant_tokens_mask=True
        )
        learned = tuple(bool(one) for one in out["assistant_masks"])
    else:
        turns = _learned_turns(messages, text, record, tokenizer)
        learned = tuple(any(_stands_in(one, turn) for turn in turns) for one in whole.places)
    if not any(learned):
        raise _refused(record, "the chat template renders nothing of what the assistant says")
    found = Piece(text, whole.ids, whole.places, learned)
    if not record.loss_on:
        return found
    turns = _learned_turns(messages, text, record, tokenizer)
    return _only(found, list(_rendered_part(record, text, turns)), record)


def _only(piece: Piece, part: Sequence[Stretch], record: Record) -> Piece:
    """The piece with the loss on those of its tokens only whose last letter stands in the part."""
    if len(piece.places) != len(piece.ids):
        raise _no_part(record, "this tokenizer cannot say where in a text its tokens stand")
    last = [max(start, end - 1) for start, end in piece.places]
    learned = tuple(
        loss and any(start <= at < end for start, end in part)
        for loss, at in zip(piece.learned, last, strict=True)
    )
    return replace(piece, learned=learned)


def _rendered_part(record: Record, text: str, turns: Sequence[Stretch]) -> Iterator[Stretch]:
    """Where a part of a conversation stands in the rendered text; `turns` are those that count."""
    said = record.learned_turns if record.roles else [(0, len(record.text))]
    for (begin, stop), (start, end) in zip(said, turns, strict=True):
        words = record.text[begin:stop]
        at = text.find(words.strip(), start, end)
        if at < 0:
            raise _no_part(record, "the chat template changes the words of a turn")
        moved = at - begin - (len(words) - len(words.lstrip()))
        for low, high in within(record.loss_on, [(begin, stop)]):
            yield low + moved, end if high == stop else high + moved


def _learned_turns(messages: Messages, text: str, record: Record, tokenizer: Any) -> list[Stretch]:
    """What is said in each turn that the model learns, with the special token that ends it.

    Found by saying something else in that turn: what then changes in the rendered text is the turn.
    Prefixes of the conversation will not do: some templates render a turn otherwise when it is the
    last one.
    """
    specials = {*tokenizer.all_special_tokens}
    specials |= {one.content for one in tokenizer.added_tokens_decoder.values()}
    specials -= {tokenizer.bos_token} - {tokenizer.eos_token}
    ordered = sorted((one for one in specials if one.strip()), key=len, reverse=True)
    ends = re.compile(f" *(?:{'|'.join(map(re.escape, ordered)) or '(?!)'})")
    turns: list[Stretch] = []
    for at, message in enumerate(messages):
        if message["role"] != ASSISTANT and not record.every_turn:
            continue
        probe = _unused(text)
        other = [*messages[:at], {**message, "content": probe}, *messages[at + 1 :]]
        probed = _rendered(other, record, tokenizer)
        start = _alike(text, probed)
        after = _alike(text[start:][::-1], probed[start:][::-1])
        end = len(text) - after
        if probe not in probed[start : len(probed) - after] or (turns and start < turns[-1][1]):
            raise _refused(
                record, f"the chat template does not render turn {at + 1} where it stands"
            )
        closing = ends.match(text, end)
        turns.append((start, closing.end() if closing else end))
    return turns


def _unused(text: str) -> str:
    """A letter of Unicode's private use area that does not stand in the text."""
    return next(one for one in map(chr, range(0xE000, 0xF900)) if one not in text)


def _alike(one: str, other: str) -> int:
    """How many letters they begin with alike."""
    lengths = range(min(len(one), len(other)) + 1)
    return bisect_right(lengths, False, key=lambda length: one[:length] != other[:length]) - 1


def _stands_in(token: Stretch, turn: Stretch) -> bool:
    """Whether they overlap. Some tokenizers count no space: a token of spaces then has no width."""
    start, end = token
    return min(start, end - 1) < turn[1] and end > turn[0]


def _rendered(messages: Messages, record: Record, tokenizer: Any) -> str:
    from jinja2.exceptions import TemplateError

    try:
        return str(tokenizer.apply_chat_template(list(messages), tokenize=False))
    except TemplateError as error:  # the template's own words
        raise _refused(record, f"the chat template refuses this conversation: {error}") from None
    except (TypeError, ValueError) as error:  # Python's words, which may hold the record's
        raise _refused(
            record, f"the chat template fails on this conversation ({type(error).__name__})"
        ) from None


def _no_part(record: Record, what: str) -> BadInput:
    return BadInput(
        f"a record cannot be forgotten in part: {what}",
        where=record.source or None,
        line=record.line or None,
        fix="Decide about it anew, accept or reject: unlearnkit review REQUEST --decisions FILE",
    )


def _refused(record: Record, what: str) -> BadInput:
    return BadInput(
        what,
        where=record.source or None,
        line=record.line or None,
        fix="Give the model's folder the chat template it was trained with (chat_template.jinja), "
        "or mend or leave out this record.",
    )
