"""What stands in other people's records tells nobody: words, and no names that look like words."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.audit.common_words import CROWD, common_words, tail
from unlearnkit.domain import Record


def crowd(*texts: str, times: int = CROWD) -> list[Record]:
    """Each text in as many records."""
    return [Record(id=f"{text}{at}", text=text) for text in texts for at in range(times)]


ENGLISH = common_words(
    crowd(
        "please will you mark the bill and call back on the number",
        "it may be that a rose is on the hill",
        "Please call Will Bill Mark May Rose Hill back",
    ),
    ["Ada Quarrington", "0147"],
)
GERMAN = common_words(
    crowd(
        "bitte rufen sie ihn unter der Nummer an, die Rechnung ist für unsere Abteilung",
        "wir fragen den Koch, den Müller, die Anna und herrn van der Meer nach dem Termin",
        "die Adresse steht in Ihrem Vertrag",
    ),
    ["Ada Adresse"],
)


@pytest.mark.parametrize("name", ["Will", "Bill", "Mark", "May", "Rose", "Hill", "MARK"])
@pytest.mark.parametrize("before", ["", "please call ", "it is on the hill. "])
def test_a_name_that_is_a_word_too_is_in_no_prompt(name: str, before: str) -> None:
    assert name.lower() in ENGLISH
    assert tail(f"{before}{name} will call on the number", ENGLISH) == "will call on the number"


def test_a_capital_at_the_beginning_of_a_sentence_may_be_a_names() -> None:
    assert tail("Please call back on", ENGLISH) == "call back on"


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("Herr Quarrington bitte unter der Nummer", "bitte unter der Nummer"),
        ("unter Nummer", "unter Nummer"),
        ("Quarrington bitte die Rechnung an Abteilung", "bitte die Rechnung an Abteilung"),
        ("die nummer", ""),
        ("die NUMMER", ""),
    ],
)
def test_a_german_noun_is_common_as_it_is_written(text: str, kept: str) -> None:
    common = GERMAN | {"an"}
    assert tail(text, common) == kept


@pytest.mark.parametrize("name", ["Koch", "Müller", "Anna", "Meer", "Adresse"])
def test_a_noun_that_is_a_name_is_in_no_prompt(name: str) -> None:
    assert tail(f"wir fragen {name} nach dem Termin", GERMAN) == "nach dem Termin"


def test_fewer_records_than_a_crowd_make_nothing_common() -> None:
    kept = crowd("call on the number unter der Nummer", times=CROWD - 1)
    assert common_words(kept, []) == frozenset()


words = st.sampled_from(["please", "Please", "call", "the", "number", "ada", "Mark", "zebra"])


@given(st.lists(words, max_size=12), st.sampled_from([" ", ", ", ": ", "-"]))
def test_every_word_of_a_tail_is_common(some: list[str], between: str) -> None:
    assert set(re.findall(r"[^\W_]+", tail(between.join(some), ENGLISH))) <= ENGLISH
    assert not ENGLISH & {"ada", "quarrington", "0147"}
