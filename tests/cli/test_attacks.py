from __future__ import annotations

import pytest

from unlearnkit.cli.attacks import named_attacks
from unlearnkit.domain import Attack
from unlearnkit.errors import BadInput


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("", None),
        ("all", tuple(Attack)),
        ("none", ()),
        ("pruning", (Attack.PRUNING,)),
        (" pruning, quantization,", (Attack.QUANTIZATION, Attack.PRUNING)),
    ],
)
def test_attacks_are_named_on_the_command_line(text: str, named: tuple[Attack, ...] | None) -> None:
    assert named_attacks(text) == named


@pytest.mark.parametrize(
    ("text", "fix"),
    [
        ("quantisation", "Did you mean 'quantization'?"),
        ("none,pruning", "or all or none alone"),
        ("luck", "Give some of quantization, pruning"),
    ],
)
def test_an_unknown_attack_is_refused(text: str, fix: str) -> None:
    with pytest.raises(BadInput) as refusal:
        named_attacks(text)
    assert refusal.value.fix is not None and fix in refusal.value.fix
