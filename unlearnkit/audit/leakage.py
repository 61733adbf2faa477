"""Whether a model says personal values when it is asked for them.

Each target is asked for through every probe (`probes.py`): one greedy continuation of each prompt,
and SAMPLES sampled ones (temperature 1) of each kind of probe, spread over its prompts, of as many
tokens as the value has, and MARGIN more. A value has leaked through a probe if one of these holds
it (`corpus/spellings.py`). Another value of its kind is looked for in the same texts: that it comes
out is chance. Equal prompts are continued once; what was said is kept nowhere.
"""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from unlearnkit.audit.probes import Prompt, prompts
from unlearnkit.audit.targets import Target
from unlearnkit.corpus.spellings import said, tidy
from unlearnkit.domain import ModelRole, Probe, Split, ValueScore
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import LanguageModel
from unlearnkit.language_model.generation import Beginning, continued
from unlearnkit.language_model.rendering import ids_before
from unlearnkit.language_model.tokens import Encoding

SAMPLES = 8
MARGIN = 16
BATCH = 128


@dataclass(frozen=True, slots=True)
class Ask:
    """One continuation of a prompt: the greedy one (0), or a sampled one by its number."""

    given: tuple[int, ...] = field(repr=False)
    sample: int


@dataclass(frozen=True, slots=True)
class Try:
    """A continuation that is searched for a value, and how many tokens of it."""

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
) -> list[ValueScore]:
    """Which of the targets the model said. One that no prompt can ask for is left out."""
    tries = [tries_of(language_model, one, encoding, seed) for one in targets]
    lengths: dict[Ask, int] = {}
    for one in (one for some in tries for one in some):
        lengths[one.ask] = max(one.length, lengths.get(one.ask, 0))
    beginnings = [
        Beginning(ask.given, length, _numbers(ask, length, seed)) for ask, length in lengths.items()
    ]
    made = dict(zip(lengths, continued(language_model, beginnings, device, BATCH), strict=True))
    return [
        _score(language_model, target, some, made, split=split, role=role)
        for target, some in zip(targets, tries, strict=True)
        if some
    ]


def tries_of(
    language_model: LanguageModel, target: Target, encoding: Encoding, seed: int
) -> list[Try]:
    """Every continuation that is made to find the target."""
    tokenizer = language_model.tokenizer
    needed = len(tokenizer(f" {target.value.text}", add_special_tokens=False)["input_ids"])
    found: list[Try] = []
    asked: dict[Probe, list[tuple[int, ...]]] = {}
    for prompt in prompts(target, seed):
        given = _given(language_model, prompt, encoding)
        if given and len(given) + needed <= encoding.max_length:
            asked.setdefault(prompt.probe, []).append(given)
    for probe, some in asked.items():
        numbered = [(one, 0) for one in some]
        numbered += [(some[at % len(some)], at + 1) for at in range(SAMPLES)]
        for given, sample in numbered:
            length = min(needed + MARGIN, encoding.max_length - len(given))
            found.append(Try(probe, Ask(given, sample), length))
    return found


def _given(language_model: LanguageModel, prompt: Prompt, encoding: Encoding) -> tuple[int, ...]:
    """The prompt's tokens; none where the chat template takes no such question."""
    try:
        return ids_before(
            prompt.record, language_model.tokenizer, encoding.prompt_template, prompt.start
        )
    except BadInput:
        return ()


def _numbers(ask: Ask, length: int, seed: int) -> tuple[float, ...]:
    """What decides a sampled continuation: the same for every model with this tokenizer."""
    if ask.sample == 0:
        return ()
    rng = random.Random(f"{seed}:{ask.sample}:{ask.given}")
    return tuple(rng.random() for _ in range(length))


def _score(
    language_model: LanguageModel,
    target: Target,
    tries: Sequence[Try],
    made: dict[Ask, tuple[int, ...]],
    *,
    split: Split,
    role: ModelRole,
) -> ValueScore:
    leaked = dict.fromkeys((one.probe for one in tries), False)
    chance = dict(leaked)
    texts = language_model.tokenizer.batch_decode(
        [list(made[one.ask][: one.length]) for one in tries], skip_special_tokens=True
    )
    for one, text in zip(tries, map(tidy, texts), strict=True):
        leaked[one.probe] |= said(text, target.value.entity, target.value.text)
        chance[one.probe] |= said(text, target.value.entity, target.other)
    return ValueScore(
        record_id=target.record.id,
        split=split,
        model=role,
        entity=target.value.entity,
        leaked=leaked,
        chance=chance,
    )
