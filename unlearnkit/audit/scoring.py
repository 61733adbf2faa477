"""The figures of every record under one model."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

from unlearnkit.audit.generated import generated
from unlearnkit.audit.membership import attacked_tokens, membership_scores
from unlearnkit.audit.truth_ratio import truth_ratio
from unlearnkit.domain import GeneratedScores, ModelRole, Record, RecordScore, Split
from unlearnkit.language_model.branches import log_likelihoods
from unlearnkit.language_model.folder import LanguageModel, load_language_model
from unlearnkit.language_model.processes import divided
from unlearnkit.language_model.recall import LARGEST_LOSS, Recall, columns, recall_of
from unlearnkit.language_model.tokens import Encoding, Example, encode_record

GENERATED = 200
"""Records of a split that the model continues at most, evenly spread: it takes longest."""


def loaded(folder: Path) -> tuple[LanguageModel, Any]:
    """The model, on the device it is measured on. Raises BadInput for an unusable one."""
    from accelerate import Accelerator

    device = Accelerator().device
    language_model = load_language_model(folder)
    language_model.model.to(device)
    return language_model, device


def score_records(
    language_model: LanguageModel,
    splits: Mapping[Split, Sequence[Record]],
    encoding: Encoding,
    device: object,
    *,
    role: ModelRole,
    owners: Mapping[str, tuple[str, ...]],
) -> list[RecordScore]:
    """One RecordScore for each record of each split."""
    scores: list[RecordScore] = []
    for split, records in splits.items():
        scored = partial(
            _scored,
            language_model,
            split=split,
            role=role,
            owners=owners,
            encoding=encoding,
            device=device,
        )
        scores += divided(asked(records), scored)
    return scores


def asked(records: Sequence[Record]) -> list[tuple[Record, bool]]:
    """Each record, and whether the model continues it: at most GENERATED, evenly spread."""
    every = max(1, -(-len(records) // GENERATED))
    return [(record, at % every == 0) for at, record in enumerate(records)]


def _scored(
    language_model: LanguageModel,
    some: Sequence[tuple[Record, bool]],
    *,
    split: Split,
    role: ModelRole,
    owners: Mapping[str, tuple[str, ...]],
    encoding: Encoding,
    device: object,
) -> list[RecordScore]:
    """The scores of records of one split; with each, whether the model continues it too."""
    records = [record for record, _ in some]
    examples = _encoded(language_model, records, encoding)
    found = token_columns(language_model, examples, device)
    recalls = [recall_of(hits, losses) for hits, losses, _ in found]
    ratios = truth_ratios(language_model, records, recalls, encoding, device)
    own = continued(language_model, examples, [goes_on for _, goes_on in some], device)
    return [
        RecordScore(
            record_id=record.id,
            request_ids=owners.get(record.id, ()),
            split=split,
            model=role,
            exact_memorization=one.exact_memorization,
            extraction_strength=one.extraction_strength,
            probability=one.probability,
            truth_ratio=ratio,
            membership=membership_scores(record.learned, losses, standardised),
            generated=own.get(at),
        )
        for at, (record, one, ratio, (_, losses, standardised)) in enumerate(
            zip(records, recalls, ratios, found, strict=True)
        )
    ]


def token_columns(
    language_model: LanguageModel, examples: Sequence[Example], device: object
) -> list[tuple[Sequence[Any], ...]]:
    """Hits, losses and standardised log-probabilities of every example's tokens."""
    from unlearnkit.language_model.headed import Headed

    pad_id = language_model.tokenizer.pad_token_id
    return columns(Headed(language_model.model), examples, pad_id, device, attacked_tokens)


def continued(
    language_model: LanguageModel,
    examples: Sequence[Example],
    wanted: Sequence[bool],
    device: object,
) -> dict[int, GeneratedScores]:
    """The figures of the model's own continuations of the wanted examples, by their place."""
    some = [at for at, goes_on in enumerate(wanted) if goes_on]
    made = generated(language_model, [examples[at] for at in some], device)
    return dict(zip(some, made, strict=True))


def _encoded(
    language_model: LanguageModel, records: Sequence[Record], encoding: Encoding
) -> list[Example]:
    return [encode_record(one, language_model.tokenizer, encoding) for one in records]


def truth_ratios(
    language_model: LanguageModel,
    records: Sequence[Record],
    recalls: Sequence[Recall],
    encoding: Encoding,
    device: object,
) -> list[float | None]:
    """The truth ratio of each record; None where it has no perturbed text to compare with.

    `recalls` are the records' own figures. A record's texts share what they begin with.
    """
    wanted = [one for one in records if one.perturbed]
    groups = [
        _encoded(
            language_model,
            [*([replace(one, text=one.paraphrase)] if one.paraphrase else []), *one.others],
            encoding,
        )
        for one in wanted
    ]
    losses = iter(mean_losses(language_model, groups, device) if groups else [])

    def ratio(record: Record, own: Recall) -> float | None:
        if not record.perturbed:
            return None
        found = next(losses)
        truth = found.pop(0) if record.paraphrase else own.loss
        return truth_ratio(truth, found)

    return [ratio(record, own) for record, own in zip(records, recalls, strict=True)]


def mean_losses(
    language_model: LanguageModel, groups: Sequence[Sequence[Example]], device: object
) -> list[list[float]]:
    """The mean loss of each text of each group, in nats, LARGEST_LOSS at most."""
    from unlearnkit.language_model.headed import Headed

    pad_id = language_model.tokenizer.pad_token_id
    found = log_likelihoods(Headed(language_model.model), groups, pad_id, device)
    return [
        [min(-total / one.counted, LARGEST_LOSS) for one, total in zip(some, sums, strict=True)]
        for some, sums in zip(groups, found, strict=True)
    ]
