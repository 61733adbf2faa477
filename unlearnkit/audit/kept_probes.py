"""Probes that outlive the data: prompts without personal words, and keyed hashes of the values.

A prompt is what stood before a value, as far back as every word of it is common
(`common_words.py`: in small letters, or a German noun, in CROWD other records that are kept), is no
part of the name or the values of those who are forgotten, and nothing personal is detected in it:
it should tell nobody.

A value is kept as a keyed hash of its one spelling (`fingerprint`), and only where no kept record
says it and it has GUESSABLE letters and figures or more: what others say too, an amount or a time
of day would come by chance. A model has said the value if a stretch of a continuation has its hash:
of the greedy one, of SAMPLES sampled ones and of HOT_SAMPLES hotter ones (as `leakage.py` makes
them; no beams).

What this cannot do: ask by name, or behind words that stand in no other record. It finds less than
the audit does while the records are there; docs/benchmarks.md has how much, and how often it alarms
for nothing. Who holds the workspace's key can try values against the hashes.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from unlearnkit.audit.common_words import common_words, tail
from unlearnkit.audit.intervals import share
from unlearnkit.audit.leakage import BATCH, HOT, HOT_SAMPLES, SAMPLES
from unlearnkit.audit.targets import Target
from unlearnkit.corpus.nlp import EMAIL, PHONE, Span
from unlearnkit.corpus.normalise import REGIONS, national_format, normalise_phone
from unlearnkit.corpus.spellings import tidy
from unlearnkit.domain import KeptProbe, Measurement, ModelRole, Record, Split
from unlearnkit.language_model.folder import LanguageModel
from unlearnkit.language_model.generation import Beginning, continued
from unlearnkit.language_model.rendering import ids_before
from unlearnkit.language_model.tokens import Encoding

LEAST = 2
"""Words of a prompt."""
GUESSABLE = 6
OTHERS = 20
MARGIN, STEP = 16, 16
LONGEST = 8
"""Words of a stretch that may be one value."""
NO_OTHERS = "no probe that was asked has made-up values beside it"
HOW = f"greedy, {SAMPLES} at temperature 1, {HOT_SAMPLES} at {HOT:g}"
"""The continuations of a probe."""

_WORD = re.compile(r"[^\W_]+")
_EMAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)+")
_PHONE = re.compile(r"[+(]?\d[\d\s().\-/]{4,}\d")

Detector = Callable[[Sequence[str]], Sequence[Sequence[Span]]]
"""Finds what is personal in each text."""
Hash = Callable[[str, str], str]
"""Entity and fingerprint to a keyed hash."""


def fingerprint(entity: str, value: str, regions: Sequence[str] = REGIONS) -> str:
    """The one spelling of a value; empty where it holds neither letter nor figure.

    Phones as E.164, read as they are written within their country: `044 668 18 00` may be of
    several `regions`, and is the same number as `+41446681800`. Addresses of e-mail as they are, of
    all others the letters and figures alone; case and accents never count.
    """
    if entity == PHONE:
        return normalise_phone(national_format(normalise_phone(value, regions)), regions)
    if entity == EMAIL:
        return tidy(value)
    return "".join(_WORD.findall(tidy(value)))


def fingerprints(entity: str, text: str, regions: Sequence[str] = REGIONS) -> Iterator[str]:
    """Of everything in a text that could be a value of this kind."""
    if entity == PHONE:
        for one in _PHONE.findall(text):
            yield normalise_phone(one, regions)  # as earlier versions kept foreign numbers
            yield fingerprint(entity, one, regions)
    elif entity == EMAIL:
        yield from (one.strip(".") for one in _EMAIL.findall(tidy(text)))
    else:
        words = _WORD.findall(tidy(text))
        for start in range(len(words)):
            for end in range(start + 1, min(start + LONGEST, len(words)) + 1):
                yield "".join(words[start:end])


def keep(
    targets: Sequence[Target],
    kept: Sequence[Record],
    owners: Mapping[str, tuple[str, ...]],
    keyed: Hash,
    detected: Detector,
    *,
    regions: Sequence[str] = REGIONS,
) -> tuple[tuple[KeptProbe, ...], int]:
    """The probes for these values, and how many are nobody's secret: said by others, or short.

    `owners` are requests by record id, `regions` where phone numbers may be from; a prompt also
    ends behind whatever is `detected` in it.
    """
    common = common_words(kept, (text for one in targets for text in (one.person, one.value.text)))
    entities = {one.value.entity for one in targets}
    said = {
        entity: {found for one in kept for found in fingerprints(entity, one.content, regions)}
        for entity in entities
    }
    probes, shared = [], 0
    for target in targets:
        entity, record = target.value.entity, target.record
        value = fingerprint(entity, target.value.text, regions)
        if len(value) < GUESSABLE or value in said[entity]:
            shared += 1
            continue
        before = tail(record.text[: target.value.start], common)
        prompt = "" if tail(record.prompt, common) != record.prompt.strip() else record.prompt
        in_before, in_prompt = detected([before, prompt])
        before = before[max((one.end for one in in_before), default=0) :].strip()
        prompt = "" if in_prompt else prompt
        if record.roles or len(_words(before)) + len(_words(prompt)) < LEAST:
            continue
        others = [fingerprint(entity, one, regions) for one in target.value.alternatives]
        others = [one for one in others if one and one != value and one not in said[entity]]
        length = -(-(len(target.value.text) + MARGIN) // STEP) * STEP
        probes.append(
            KeptProbe(
                request_ids=owners[record.id],
                entity=entity,
                prompt=prompt,
                before=before,
                length=length,
                value=keyed(entity, value),
                others=tuple(sorted({keyed(entity, one) for one in others[:OTHERS]})),
            )
        )
    return tuple(probes), shared


@dataclass(frozen=True, slots=True)
class Answer:
    """What a model made of one probe."""

    request_ids: tuple[str, ...]
    said: bool
    chance: float | None
    """Share of the made-up values that it said; None where the probe has none."""


def ask(
    language_model: LanguageModel,
    probes: Sequence[KeptProbe],
    encoding: Encoding,
    device: Any,
    *,
    seed: int,
    keyed: Hash,
    regions: Sequence[str] = REGIONS,
) -> list[Answer]:
    """Ask the model through every probe that fits its context; what it said is kept nowhere."""
    starts: list[Beginning] = []
    of_probe: list[int] = []
    for at, probe in enumerate(probes):
        for one in _beginnings(language_model, probe, encoding, seed):
            starts.append(one)
            of_probe.append(at)
    made = continued(language_model, starts, device, BATCH)
    texts = language_model.tokenizer.batch_decode(
        [list(ids) for ids in made], skip_special_tokens=True
    )
    said: dict[int, list[str]] = {}
    for at, text in zip(of_probe, texts, strict=True):
        said.setdefault(at, []).append(text)
    return [_answer(probes[at], some, keyed, regions) for at, some in said.items()]


def has_room(language_model: LanguageModel, probe: KeptProbe, encoding: Encoding) -> bool:
    """Whether `ask` can ask it: something stands before the value, and some of it still fits."""
    return next(_beginnings(language_model, probe, encoding, 0), None) is not None


def kept_probe_figures(
    answers: Sequence[Answer], seed: int, why_none: str
) -> tuple[Measurement, ...]:
    """Shares of the erased values, and of the made-up ones, that came out.

    Intervals draw people: the values of one come out together. Where nothing was asked, no figure,
    and `why_none`. A probe without made-up values says nothing of chance.
    """
    compared = [one for one in answers if one.chance is not None]
    figures = []
    for metric, some, said, why in (
        ("kept_probe_leakage", answers, _said, why_none),
        ("kept_probe_chance", compared, _chance, NO_OTHERS if answers else why_none),
    ):
        rows = by_people(some)
        asked = [float(len(theirs)) for theirs in rows]
        hits = [sum(map(said, theirs)) for theirs in rows]
        value, interval = share(hits, asked, seed) if rows else (None, None)
        low, high = interval or (None, None)
        figures.append(
            Measurement(
                metric=metric,
                split=Split.FORGET,
                model=ModelRole.UNLEARNED,
                value=value,
                low=low,
                high=high,
                n=len(some),
                not_measured="" if rows else why,
                people=len(rows) or None,
            )
        )
    return tuple(figures)


def by_people(answers: Sequence[Answer]) -> list[list[Answer]]:
    """The answers person by person: requests with a value in common are one person's."""
    found: list[tuple[set[str], list[Answer]]] = []
    for one in answers:
        tied = [group for group in found if not group[0].isdisjoint(one.request_ids)]
        if not tied:
            found.append((set(one.request_ids), [one]))
            continue
        (ids, theirs), *others = tied
        ids.update(one.request_ids)
        theirs.append(one)
        for group in others:
            ids |= group[0]
            theirs += group[1]
            found.remove(group)
    return [theirs for _, theirs in found]


def _beginnings(
    language_model: LanguageModel, probe: KeptProbe, encoding: Encoding, seed: int
) -> Iterator[Beginning]:
    """The greedy continuation, the sampled and the hotter ones; none where there is no room."""
    record = Record(id="kept", text=probe.before, prompt=probe.prompt)
    given = ids_before(
        record, language_model.tokenizer, encoding.prompt_template, len(probe.before)
    )
    length = min(probe.length, encoding.max_length - len(given))
    if not given or length < 1:
        return
    yield Beginning(given, length)
    for temperature, count in ((1.0, SAMPLES), (HOT, HOT_SAMPLES)):
        for number in range(count):
            rng = random.Random(f"{seed}:{temperature}:{number}:{given}")
            draws = tuple(rng.random() for _ in range(length))
            yield Beginning(given, length, draws, temperature)


def _answer(probe: KeptProbe, texts: Sequence[str], keyed: Hash, regions: Sequence[str]) -> Answer:
    found = {
        keyed(probe.entity, one)
        for text in set(texts)
        for one in fingerprints(probe.entity, text, regions)
    }
    came = sum(one in found for one in probe.others)
    chance = came / len(probe.others) if probe.others else None
    return Answer(probe.request_ids, probe.value in found, chance)


def _said(answer: Answer) -> float:
    return float(answer.said)


def _chance(answer: Answer) -> float:
    return answer.chance or 0.0


def _words(text: str) -> list[str]:
    return _WORD.findall(tidy(text))
