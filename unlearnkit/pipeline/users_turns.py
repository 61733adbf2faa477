"""Whether a model recites what users say, where a run counts the assistant's turns alone.

A model that was trained on whole conversations does, and such a run leaves it so unseen.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any

from unlearnkit.domain import ASSISTANT, Hindrance, Progress, Record, Unmeasured, UsersTurns, silent
from unlearnkit.domain.records import within
from unlearnkit.errors import BadInput
from unlearnkit.language_model.folder import LanguageModel
from unlearnkit.language_model.recall import Level, level, recall
from unlearnkit.language_model.rendering import pieces
from unlearnkit.language_model.tokens import Encoding, encode_record
from unlearnkit.pipeline.material import Material
from unlearnkit.report.scope import users_said

MEASURED = 64
"""Conversations of either set that are measured at most, evenly spread."""
_NO_USERS = frozenset({ASSISTANT, "system", "developer", "tool"})


def users_turns(
    language_model: LanguageModel,
    device: Any,
    material: Material,
    encoding: Encoding,
    progress: Progress = silent,
) -> UsersTurns | None:
    """What the model makes of users' turns in the conversations to forget, and in never-seen ones.

    Decoys are not never seen: of what users say they change the values alone. None where every
    turn counts, and where no conversation is to be forgotten; what cannot be measured is counted.
    """
    forget = list(_by_users(material.forget))
    if not forget:
        return None
    given = material.holdout_origin == "given"
    unseen = list(_by_users(material.holdout)) if given else []
    progress("measuring what users say", 0, 1)
    own, never = (_measured(some, language_model, encoding, device) for some in (forget, unseen))
    progress("measuring what users say", 1, 1)
    return UsersTurns(
        conversations=own.count,
        exact_memorization=own.level.exact_memorization if own.level else None,
        loss=own.level.loss if own.level else None,
        unseen_conversations=never.count,
        unseen_exact_memorization=never.level.exact_memorization if never.level else None,
        unseen_loss=never.level.loss if never.level else None,
        unmeasured=tuple(
            Unmeasured(
                why=why,
                conversations=own.unmeasured[why],
                unseen_conversations=never.unmeasured[why],
            )
            for why in sorted(own.unmeasured.keys() | never.unmeasured.keys())
        ),
    )


def note(found: UsersTurns) -> str | None:
    """What is said before the training, and what to do; None where nothing has to be.

    That is of a model that recites what users say, and of conversations that were not measured.
    """
    if found.recited:
        return (
            f"{users_said(found)} A model that was trained on whole conversations does that. This "
            "run neither forgets nor measures what they said. To forget it too, stop, set "
            "`fields: turns: all` in unlearnkit.yaml, and begin again with: unlearnkit index"
        )
    return users_said(found) if found.unmeasured else None


@dataclass(frozen=True, slots=True)
class _Measured:
    """A set of conversations: how many were measured, their level, and how many were not."""

    count: int
    level: Level | None
    """None where none was measured."""
    unmeasured: Counter[Hindrance]


def _by_users(records: Sequence[Record]) -> Iterator[Record]:
    """What users say of some of the conversations, the rest as context; of a part, in that part."""
    talks = [one for one in records if one.roles and not one.every_turn]
    for one in talks[:: max(1, -(-len(talks) // MEASURED))]:
        said = [
            place
            for role, (start, end) in one.turns
            if role not in _NO_USERS
            for place in within(one.loss_on or [(start, end)], [(start, end)])
        ]
        if said:
            yield replace(one, every_turn=True, loss_on=tuple(said))


def _measured(
    records: Sequence[Record], language_model: LanguageModel, encoding: Encoding, device: Any
) -> _Measured:
    """Of what can be encoded and has a finite loss; why the rest is not measured is counted."""
    from unlearnkit.language_model.headed import Headed

    tokenizer, examples, unmeasured = language_model.tokenizer, [], Counter[Hindrance]()
    for one in records:
        try:
            examples.append(encode_record(one, tokenizer, encoding))
        except BadInput:  # of users' turns alone; what stops the run is raised by the run
            unmeasured[_why(one, tokenizer, encoding)] += 1
    found = recall(Headed(language_model.model), examples, tokenizer.pad_token_id, device)
    finite = [one for one in found if math.isfinite(one.loss)]
    if len(finite) < len(found):
        unmeasured["loss"] = len(found) - len(finite)
    return _Measured(len(finite), level(finite) if finite else None, unmeasured)


def _why(record: Record, tokenizer: Any, encoding: Encoding) -> Hindrance:
    """Why it cannot be encoded: it cannot be rendered, or is, and then too long."""
    try:
        pieces(record, tokenizer, encoding.prompt_template)
    except BadInput:
        return "template"
    return "length"
