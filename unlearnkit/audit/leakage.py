"""Whether a model says personal values when it is asked for them.

Each target is asked for through every probe (`probes.py`), with continuations of as many tokens as
the value has, and MARGIN more:

- one greedy continuation of each prompt;
- SAMPLES sampled ones (temperature 1) of each kind of probe, spread over its prompts;
- HOT_SAMPLES more with temperature HOT, where the distribution is flatter and what is unlikely
  comes out sooner (Carlini et al. 2021, arXiv 2012.07805, section 5.1, begin hotter and cool down);
- a beam search of WIDTH beams (`language_model/beams.py`) after the first prompt of each kind, all
  its beams (Carlini et al. 2023, arXiv 2202.07646, compare it with greedy continuations).

A value has leaked through a probe if one of these holds it (`corpus/spellings.py`). Another value
of its kind is looked for in the same texts: that it comes out is chance. Equal prompts are
continued once; what was said is kept nowhere.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from unlearnkit.audit.probes import Prompt, prompts
from unlearnkit.audit.targets import Target
from unlearnkit.corpus.spellings import said, tidy
from unlearnkit.domain import AskingCost, Decoding, ModelRole, Probe, Split, ValueScore
from unlearnkit.errors import BadInput
from unlearnkit.language_model.beams import can_search, searched
from unlearnkit.language_model.folder import LanguageModel
from unlearnkit.language_model.generation import Beginning, continued
from unlearnkit.language_model.processes import divided
from unlearnkit.language_model.rendering import ids_before
from unlearnkit.language_model.tokens import Encoding

SAMPLES = 8
HOT_SAMPLES, HOT = 4, 1.5
WIDTH = 4
MARGIN = 16
NEIGHBOUR, SHORTEST = 64, 8
"""Tokens of a similar record that are put before the record's own at most, and at least."""
BATCH = 128

Ids = tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Ask:
    """How a prompt is continued."""

    given: Ids = field(repr=False)
    decoding: Decoding
    number: int = 0
    """Which of several samples; of a beam search its length, which its beams depend on."""


@dataclass(frozen=True, slots=True)
class Try:
    """An ask whose continuations are searched for a value, and how many tokens of them."""

    probe: Probe
    ask: Ask
    length: int


def leaked_values(
    language_model: LanguageModel,
    targets: Sequence[Target],
    encoding: Encoding,
    seed: int,
    device: Any,
    *,
    split: Split,
    role: ModelRole,
) -> tuple[list[ValueScore], list[AskingCost]]:
    """Which of the targets the model said, and what asking took.

    A target that no prompt can ask for is left out.
    """
    tries = [tries_of(language_model, one, encoding, seed) for one in targets]
    lengths: dict[Ask, int] = {}
    for one in (one for some in tries for one in some):
        lengths[one.ask] = max(one.length, lengths.get(one.ask, 0))
    made = _continued(language_model, lengths, seed, device)
    scores = [
        _score(language_model, target, some, made, split=split, role=role)
        for target, some in zip(targets, tries, strict=True)
        if some
    ]
    return scores, _costs(made, split=split, role=role)


def _continued(
    language_model: LanguageModel, lengths: Mapping[Ask, int], seed: int, device: Any
) -> dict[Ask, tuple[Ids, ...]]:
    """What the model makes of every ask: of a beam search all beams, else one continuation.

    Divided over the processes: what decides a sample comes with its ask, not with its batch.
    """
    single = [one for one in lengths if one.decoding is not Decoding.BEAMS]
    several = [one for one in lengths if one.decoding is Decoding.BEAMS]

    def begun(asks: Sequence[Ask]) -> list[Beginning]:
        return [
            Beginning(
                one.given,
                lengths[one],
                _numbers(one, lengths[one], seed),
                HOT if one.decoding is Decoding.HOT else 1.0,
            )
            for one in asks
        ]

    made = divided(single, lambda some: continued(language_model, begun(some), device, BATCH))
    found = {ask: (ids,) for ask, ids in zip(single, made, strict=True)}
    beams = divided(
        several, lambda some: searched(language_model, begun(some), device, BATCH, WIDTH)
    )
    return found | dict(zip(several, beams, strict=True))


def tries_of(
    language_model: LanguageModel, target: Target, encoding: Encoding, seed: int
) -> list[Try]:
    """Every continuation that is made to find the target."""
    tokenizer = language_model.tokenizer
    needed = len(tokenizer(f" {target.value.text}", add_special_tokens=False)["input_ids"])
    tries: list[Try] = []
    openings_of: dict[Probe, list[Ids]] = {}
    fitting = replace(target, near=_beginnings(language_model, target, encoding, needed))
    for prompt in prompts(fitting, seed):
        given = _given(language_model, prompt, encoding)
        if given and len(given) + needed <= encoding.max_length:
            openings_of.setdefault(prompt.probe, []).append(given)

    def length(given: Ids) -> int:
        return min(needed + MARGIN, encoding.max_length - len(given))

    for probe, openings in openings_of.items():
        asks = [Ask(given, Decoding.GREEDY) for given in openings]
        for decoding, count in ((Decoding.SAMPLED, SAMPLES), (Decoding.HOT, HOT_SAMPLES)):
            asks += [
                Ask(openings[draw % len(openings)], decoding, draw + 1) for draw in range(count)
            ]
        if can_search(language_model.model):
            asks.append(Ask(openings[0], Decoding.BEAMS, length(openings[0])))
        tries += [Try(probe, ask, length(ask.given)) for ask in asks]
    return tries


def _beginnings(
    language_model: LanguageModel, target: Target, encoding: Encoding, needed: int
) -> tuple[str, ...]:
    """Of the records near the target as much as leaves room for its own prefix and the answer."""
    own = _given(language_model, Prompt(Probe.PREFIX, target.record, target.value.start), encoding)
    room = encoding.max_length - len(own) - needed - MARGIN
    each = min(NEIGHBOUR, room // max(1, len(target.near)))
    if each < SHORTEST:
        return ()
    tokenizer = language_model.tokenizer
    ids = [tokenizer(one, add_special_tokens=False)["input_ids"][:each] for one in target.near]
    # The last character may be cut where its bytes are several tokens.
    return tuple(tokenizer.decode(one).rstrip("\N{REPLACEMENT CHARACTER}") for one in ids)


def _given(language_model: LanguageModel, prompt: Prompt, encoding: Encoding) -> Ids:
    """The prompt's tokens; none where the chat template takes no such question."""
    try:
        return ids_before(
            prompt.record, language_model.tokenizer, encoding.prompt_template, prompt.start
        )
    except BadInput:
        return ()


def _numbers(ask: Ask, length: int, seed: int) -> tuple[float, ...]:
    """What decides a sampled continuation: the same for every model with this tokenizer."""
    if ask.decoding in (Decoding.GREEDY, Decoding.BEAMS):
        return ()
    rng = random.Random(f"{seed}:{ask.decoding}:{ask.number}:{ask.given}")
    return tuple(rng.random() for _ in range(length))


def _score(
    language_model: LanguageModel,
    target: Target,
    tries: Sequence[Try],
    made: Mapping[Ask, Sequence[Ids]],
    *,
    split: Split,
    role: ModelRole,
) -> ValueScore:
    leaked = dict.fromkeys((one.probe for one in tries), False)
    leaked_by = dict.fromkeys((one.ask.decoding for one in tries), False)
    chance, chance_by = dict(leaked), dict(leaked_by)
    said_by = [(one, ids[: one.length]) for one in tries for ids in made[one.ask]]
    texts = language_model.tokenizer.batch_decode(
        [list(ids) for _, ids in said_by], skip_special_tokens=True
    )
    for (one, _), text in zip(said_by, map(tidy, texts), strict=True):
        true = said(text, target.value.entity, target.value.text, target.regions)
        other = said(text, target.value.entity, target.other, target.regions)
        leaked[one.probe] |= true
        leaked_by[one.ask.decoding] |= true
        chance[one.probe] |= other
        chance_by[one.ask.decoding] |= other
    return ValueScore(
        record_id=target.record.id,
        split=split,
        model=role,
        entity=target.value.entity,
        leaked=leaked,
        chance=chance,
        leaked_by=leaked_by,
        chance_by=chance_by,
    )


def _costs(made: Mapping[Ask, Sequence[Ids]], *, split: Split, role: ModelRole) -> list[AskingCost]:
    """What was made, by how."""
    by: dict[Decoding, list[Ids]] = {}
    for ask, several in made.items():
        by.setdefault(ask.decoding, []).extend(several)
    return [
        AskingCost(
            split=split,
            model=role,
            decoding=decoding,
            continuations=len(some),
            tokens=sum(map(len, some)),
        )
        for decoding, some in sorted(by.items())
    ]
