"""What a model's README.md says after unlearning."""

from __future__ import annotations

from dataclasses import fields, replace
from pathlib import Path

import pytest

from tests.report import sample
from unlearnkit.errors import BadInput
from unlearnkit.report.card import CardFacts, check_template, model_card, write_card
from unlearnkit.report.scope import NEVER_COVERED, NOT_MADE

RUN = sample.manifest()
FACTS = CardFacts(
    version="0.1.0",
    objective="rklu",
    forgotten=24,
    kept=574,
    original_digest=RUN.original_digest,
    holdout_origin="decoys",
    target=RUN.holdout_level,
    last=RUN.passes[-1],
)
EXISTING = """---
license: apache-2.0
tags: [support]
---
# Our support model

Trained on <our> tickets & mails {{ not a template }}.
"""


def test_a_card_says_what_was_done_and_what_came_of_it() -> None:
    card = model_card("", FACTS)
    for told in (
        "## Unlearning",
        "| Made with | unlearnkit 0.1.0, objective rklu |",
        f"SHA-256 over all its files: {RUN.original_digest}",
        "| Records to forget | 24 |",
        "| Records that were to be kept | 574 |",
        "| State at the end | inside the band |",
        "| Exact memorization | 0.190 | 0.180 |",
        "| Extraction strength | 0.020 | 0.020 |",
        "| Probability | 0.030 | 0.020 |",
        "here generated decoys",
        "Exact memorization on records that were to be kept was 0.966 at the end.",
    ):
        assert told in card
    assert "which the operator gave" in model_card("", replace(FACTS, holdout_origin="given"))


def test_a_card_says_how_many_were_forgotten_in_part() -> None:
    assert "| Records to forget | 24, 3 of them in part |" in model_card(
        "", replace(FACTS, in_part=3)
    )


def test_a_card_says_what_was_not_covered_and_where_the_own_digest_stands() -> None:
    card = model_card("", FACTS)
    assert all(f"\n- {sentence}\n" in card for sentence in (*NEVER_COVERED, *NOT_MADE.values()))
    assert "this model's digest, which no file of the model\nitself could hold" in card
    assert "in the signed report where there is one" in card


def test_nothing_in_a_card_can_be_about_a_person_or_a_machine() -> None:
    """No request, no record, no path and no date can come in: there is no field for one."""
    assert {one.name for one in fields(CardFacts)} == {
        *("version", "objective", "forgotten", "kept", "original_digest"),
        *("holdout_origin", "target", "last", "in_part", "turns"),
    }
    card = model_card("", FACTS)
    hidden = {*RUN.requests, *RUN.forget_set.record_ids, RUN.run_id, RUN.model_path, "2026"}
    assert [one for one in hidden if one in card] == []


def test_the_originals_card_is_kept_word_for_word() -> None:
    card = model_card(EXISTING, FACTS)
    assert card.startswith(EXISTING)
    assert card == f"{EXISTING}\n{model_card('', FACTS)}"


def test_the_section_takes_its_own_place_and_no_other() -> None:
    once = model_card(EXISTING, FACTS)
    assert model_card(once, FACTS) == once
    more = f"{once}\n## Contact\n\nUs.\n"
    changed = model_card(more, replace(FACTS, kept=575))
    assert changed == more.replace("574", "575")


def test_an_earlier_unlearnings_section_stays() -> None:
    first = model_card(EXISTING, FACTS)
    second = model_card(first, replace(FACTS, original_digest="5e" * 32, forgotten=3))
    assert second.startswith(first)
    assert second.count("## Unlearning\n") == 2
    assert "| Records to forget | 3 |" in second


def test_a_section_without_its_end_is_text_like_any_other() -> None:
    torn = model_card(EXISTING, FACTS).replace(": ends -->", "")
    assert model_card(torn, FACTS).startswith(torn)


@pytest.mark.parametrize(
    "existing",
    [None, b"# Card\r\n\r\nText\r\n", b"# not UTF-8: \xff\n"],
    ids=["none", "dos", "raw"],
)
def test_the_card_is_written_beside_the_new_weights(existing: bytes | None, tmp_path: Path) -> None:
    original, made = tmp_path / "original", tmp_path / "made"
    original.mkdir()
    made.mkdir()
    if existing is not None:
        (original / "README.md").write_bytes(existing)
    write_card(original, made, FACTS)
    card = (made / "README.md").read_bytes()
    assert card.startswith((existing or b"").rstrip())
    assert card.endswith(model_card("", FACTS).encode())
    write_card(original, made, FACTS)
    assert (made / "README.md").read_bytes() == card
    assert [path.name for path in made.iterdir()] == ["README.md"]


def test_an_own_template_is_used_and_tried_before_it_is_needed(tmp_path: Path) -> None:
    own = tmp_path / "model_card.md.j2"
    own.write_text("## Entlernen\n\n{{ facts.forgotten }} Datensätze\n")
    check_template(tmp_path)
    assert "## Entlernen\n\n24 Datensätze\n" in model_card("", FACTS, tmp_path)
    for broken in ("{{ facts.forgotten", "{{ facts.subject }}", "This model is compliant."):
        own.write_text(broken)
        with pytest.raises(BadInput):
            check_template(tmp_path)
    check_template()
