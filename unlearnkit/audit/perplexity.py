"""Perplexity of a text of the operator's own: exp of the mean token loss, in nats.

The text is cut into windows of at most `length` tokens, the beginning-of-sequence token included,
side by side; a token is predicted from those before it in its window. Every predicted token weighs
the same. 1 to infinity, without a unit; lower is better. The 95 % interval resamples windows
(bootstrap). As in Jelinek et al. 1977; windows side by side as in GPT-2's evaluation (Radford et
al. 2019). Figures of other window lengths or tokenizers are other quantities.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from unlearnkit.audit.intervals import of_draws, resampled
from unlearnkit.audit.scoring import loaded
from unlearnkit.corpus.plain_text import PlainText
from unlearnkit.domain import Artefact, Measurement, ModelRole, Split, UtilityText
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import LanguageModel
from unlearnkit.language_model.processes import divided
from unlearnkit.language_model.recall import columns, token_figures
from unlearnkit.language_model.tokens import IGNORED, Example

METRIC = "perplexity"
FEWEST = 2
"""Windows; one has no spread."""
LARGEST = 700.0
"""Mean loss in nats; exp of more is hardly a number any more."""
NOT_FINITE = "the model's loss on the text is no finite number"
OTHER_TOKENS = "its tokenizer cuts the text into other tokens than the unlearned model's"


class WindowLosses(Artefact):
    """What one model makes of the text, window by window."""

    model_digest: str
    material: str
    """Digest of the text and of how it becomes windows."""
    tokens_digest: str
    """Digest of the tokens: the models compared must have the same ones."""
    tokens: tuple[int, ...]
    """Predicted tokens of each window."""
    losses: tuple[float, ...]
    """Sum of their losses, in nats."""


def material_digest(text: PlainText, length: int) -> str:
    """Hex SHA-256 over what the losses depend on, the model apart."""
    total = hashlib.sha256(f"perplexity {length}\n".encode())
    for one in text.texts:
        total.update(hashlib.sha256(one.encode()).digest())
    return total.hexdigest()


def window_losses(folder: Path, digest: str, text: PlainText, length: int) -> WindowLosses:
    """The losses of a model. Raises BadInput for an unusable model, or a text of one window."""
    from unlearnkit.language_model.headed import Headed

    language_model, device = loaded(folder)
    found = windows(language_model, text, length)
    pad_id = language_model.tokenizer.pad_token_id
    headed = Headed(language_model.model)
    figures = divided(found, lambda some: columns(headed, some, pad_id, device, token_figures))
    return WindowLosses(
        model_digest=digest,
        material=material_digest(text, length),
        tokens_digest=hashlib.sha256(repr([one.labels for one in found]).encode()).hexdigest(),
        tokens=tuple(one.counted for one in found),
        losses=tuple(math.fsum(losses) for _, losses in figures),
    )


def windows(language_model: LanguageModel, text: PlainText, length: int) -> list[Example]:
    """The texts' windows, each text by itself. Raises BadInput where there are fewer than two."""
    tokenizer = language_model.tokenizer
    begin = () if tokenizer.bos_token_id is None else (tokenizer.bos_token_id,)
    found = [
        example
        for one in text.texts
        for example in cut(tokenizer(one, add_special_tokens=False, verbose=False), begin, length)
    ]
    if len(found) < FEWEST:
        raise BadInput(
            f"the text is too short: it fills {len(found)} of the {FEWEST} windows of {length} "
            "tokens that an interval needs",
            where=text.path,
            fix="Give a longer text, or more than one.",
        )
    return found


def cut(encoded: Mapping[str, Any], begin: tuple[int, ...], length: int) -> Iterator[Example]:
    """Windows side by side; without a beginning-of-sequence token the first is not predicted."""
    ids, step = tuple(encoded["input_ids"]), length - len(begin)
    for start in range(0, len(ids), step):
        whole = (*begin, *ids[start : start + step])
        if len(whole) > 1:
            yield Example(whole, (IGNORED, *whole[1:]))


def perplexity(tokens: Sequence[int], losses: Sequence[float]) -> float:
    """Exp of all losses over all tokens."""
    return math.exp(math.fsum(losses) / sum(tokens))


def perplexities(found: Mapping[ModelRole, WindowLosses], seed: int) -> tuple[Measurement, ...]:
    """Each model's perplexity with its interval over windows, or why there is none."""
    return tuple(
        _measured(
            model, one, seed, same=one.tokens_digest == found[ModelRole.UNLEARNED].tokens_digest
        )
        for model, one in found.items()
    )


def _measured(model: ModelRole, one: WindowLosses, seed: int, *, same: bool) -> Measurement:
    import numpy as np

    told = Measurement(
        metric=METRIC, split=Split.UTILITY, model=model, value=None, n=len(one.tokens)
    )
    if not same:
        return told.model_copy(update={"not_measured": OTHER_TOKENS})
    pairs = zip(one.losses, one.tokens, strict=True)
    if not all(loss / count < LARGEST for loss, count in pairs):
        return told.model_copy(update={"not_measured": NOT_FINITE})
    rows = resampled(len(one.tokens), seed)
    means = np.asarray(one.losses)[rows].sum(axis=1) / np.asarray(one.tokens)[rows].sum(axis=1)
    low, high = of_draws(np.exp(means), len(rows[0])) or (None, None)
    value = perplexity(one.tokens, one.losses)
    return told.model_copy(update={"value": value, "low": low, "high": high})


def described(text: PlainText, length: int, found: Mapping[ModelRole, WindowLosses]) -> UtilityText:
    """The text as the audit tells of it; counts are the unlearned model's."""
    tokens = found[ModelRole.UNLEARNED].tokens
    return UtilityText(
        digest=text.digest,
        windows=len(tokens),
        tokens=sum(tokens),
        window_length=length,
    )
