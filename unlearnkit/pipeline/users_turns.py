"""Whether a model recites what users say, where a run counts the assistant's turns alone.

A model that was trained on whole conversations does, and such a run leaves it so unseen.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

from unlearnkit.audit.scoring import loaded
from unlearnkit.domain import ASSISTANT, Progress, Record, UsersTurns, silent
from unlearnkit.domain.records import within
from unlearnkit.errors import BadInput
from unlearnkit.language_model.recall import level, recall
from unlearnkit.language_model.tokens import Encoding, Example, encode_record
from unlearnkit.pipeline.material import Material
from unlearnkit.report.scope import users_said

MEASURED = 64
"""Conversations of either set that are measured at most, evenly spread."""
_NO_USERS = frozenset({ASSISTANT, "system", "developer", "tool"})


def users_turns(
    model: Path, material: Material, encoding: Encoding, progress: Progress = silent
) -> UsersTurns | None:
    """What the model makes of users' turns in the conversations to forget, and in never-seen ones.

    Decoys are not never seen: of what users say they change the values alone. None where every
    turn counts, where no conversation is to be forgotten, and where none can be measured: too
    long, or under a chat template in which it cannot be told where a turn stands. Raises BadInput
    for an unusable model.
    """
    from unlearnkit.language_model.headed import Headed

    forget = list(_by_users(material.forget))
    if not forget:
        return None
    given = material.holdout_origin == "given"
    unseen = list(_by_users(material.holdout)) if given else []
    progress("measuring what users say", 0, 1)
    language_model, device = loaded(model)
    tokenizer, headed = language_model.tokenizer, Headed(language_model.model)
    known, others = (
        recall(headed, _encodable(some, tokenizer, encoding), tokenizer.pad_token_id, device)
        for some in (forget, unseen)
    )
    progress("measuring what users say", 1, 1)
    if not known:
        return None
    own, never = level(known), level(others) if others else None
    figures = (own.loss, never.loss if never else 0.0)
    if not all(map(math.isfinite, figures)):
        return None
    return UsersTurns(
        conversations=len(known),
        exact_memorization=own.exact_memorization,
        loss=own.loss,
        unseen_conversations=len(others),
        unseen_exact_memorization=never.exact_memorization if never else None,
        unseen_loss=never.loss if never else None,
    )


def advice(found: UsersTurns) -> str:
    """Of a model that recites them: what that means for the run, and what to do."""
    return (
        f"{users_said(found)} So does one that was trained on whole conversations. This run "
        "neither forgets nor measures what they said. To forget it too, stop, set "
        "`fields: turns: all` in unlearnkit.yaml, and begin again with: unlearnkit index"
    )


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


def _encodable(records: Sequence[Record], tokenizer: Any, encoding: Encoding) -> list[Example]:
    """Those that are no longer than the longest sequence, and that the chat template can show."""
    found = []
    for one in records:
        try:
            found.append(encode_record(one, tokenizer, encoding))
        except BadInput:
            continue  # of users' turns alone; what stops the run is raised by the run
    return found
