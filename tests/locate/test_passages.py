"""What in somebody else's record is about the person: the sentences that name them."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from unlearnkit.domain import TURN, Evidence, IdentifierKind, Record
from unlearnkit.domain.records import within
from unlearnkit.locate.passages import passages, rest, sentences

WHO = "Zoltana Quibbleworth"


def evidence(record: Record, *values: str) -> list[Evidence]:
    """Where these stand in the record, first of each."""
    starts = [(record.content.index(one), one) for one in values]
    return [
        Evidence(
            kind=IdentifierKind.NAME,
            how="exact",
            start=start,
            end=start + len(one),
            recogniser="",
        )
        for start, one in starts
    ]


def about(record: Record, *values: str) -> list[str]:
    return [record.text[start:end] for start, end in passages(record, evidence(record, *values))]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (f"The lamp broke. {WHO} saw it. Send a new one.", [f"{WHO} saw it."]),
        (f"Hello,\n{WHO} is ill\nBest, Bob", [f"{WHO} is ill"]),
        (f"Hello,\nYesterday {WHO}\nfell ill.\nBest, Bob", [f"Yesterday {WHO}\nfell ill."]),
        (f"Ask Dr. {WHO} at 3 p.m. today. Bye!", [f"Ask Dr. {WHO} at 3 p.m. today."]),
    ],
)
def test_the_sentence_or_line_that_names_the_person_is_a_passage(
    text: str, found: list[str]
) -> None:
    assert about(Record(id="a", text=text), WHO) == found


@pytest.mark.parametrize(
    "sentence",
    [
        f"Seine Schwester, Frau {WHO}, geb. am 04.03.1980, hat Krebs.",
        f"Seine Schwester, Frau {WHO}, geb. Holt, hat Krebs.",
        f"Frau {WHO}, wohnh. Lindenweg 3, zahlt nicht.",
        f"Am 4. März kam {WHO} zu spät.",
        f"La Sra. {WHO}, Avda. América 12, no paga.",
        f"Son amie, Mme. {WHO}, tél. 01 23 45, est malade.",
        f"Her sister {WHO} (No. 12, Mill Rd. London) is ill.",
        f"J. {WHO} owes approx. 500 dollars.",
    ],
)
def test_no_abbreviation_ends_a_sentence_in_which_the_person_stands(sentence: str) -> None:
    text = f"Das Wetter war gut! {sentence} Alles andere blieb ruhig."
    assert about(Record(id="a", text=text), WHO) == [sentence]


@pytest.mark.parametrize(
    ("before", "mine", "behind"),
    [
        ("王小明有流感。", f"{WHO} 有HIV。", "張三有哮喘。"),
        ("أوتو مريض؟ ", f"{WHO} بخير.", " إيفا بخير."),
        ("otto: hi all\n", f"{WHO.lower()}: I have HIV", "\neva: oh dear"),
        ("name,illness\notto kern,flu\n", f"{WHO.lower()},HIV", "\neva roth,asthma"),
        ("Otto has flu.\r\n", f"{WHO.lower()} has HIV.", "\r\neva has asthma."),
        ("- otto: flu\n", f"- {WHO.lower()}: HIV", "\n- eva: asthma"),
        ("<p>Otto has flu.</p>", f"<p>{WHO} has HIV.", "</p><p>Eva has asthma.</p>"),
        ('{"a":{"name":"Otto"},', f'"b":{{"name":"{WHO}"}},', '"c":{"name":"Eva"}}'),
        ("Otto Kern: flu; ", f"{WHO}: HIV;", " Eva Roth: asthma"),
        ("1. Otto has flu. ", f"2. {WHO} has HIV.", " 3. Eva has asthma."),
        ("Otto left on 3 May.", f"{WHO} replaced him.", "Eva Roth too."),
    ],
)
def test_what_others_said_or_have_is_no_part_of_it(before: str, mine: str, behind: str) -> None:
    who = WHO if WHO in mine else WHO.lower()
    found = about(Record(id="a", text=f"{before}{mine}{behind}"), who)
    assert [one.rstrip(",") for one in found] == [mine.rstrip(",")]


@pytest.mark.parametrize(
    "mine",
    [
        f"On Monday {WHO} wrote:\n> I have HIV.\n> I need leave.",
        f"¿{WHO}? VIH.",
        f"{WHO} has:\n- HIV\n- the flu",
        f"{WHO} wohnt\nin der Lindenstr. 4, see https://www.example.com/a and\nwrites, as ever.",
        f"She asked {WHO}, at 3 p.m.,\nto go, and she did.",
        f"Frau {WHO}, geb. 4. März, hat Krebs.",
    ],
)
def test_what_is_about_the_person_goes_on_behind_a_colon_or_in_the_next_line(mine: str) -> None:
    text = f"Otto left.\n{mine}\nBest, Otto"
    assert about(Record(id="a", text=text), WHO) == [mine]


@pytest.mark.parametrize(
    ("before", "behind"), [(f"{WHO} llamó ayer. ", ""), ("", f" Luego llamó {WHO}."), ("", "")]
)
def test_what_a_bare_name_announces_is_theirs_wherever_else_it_stands(
    before: str, behind: str
) -> None:
    text = f"{before}Hola a todos. ¿{WHO}? VIH. Otros bien.{behind}"
    record = Record(id="a", text=text)
    every = [
        evidence(record, WHO)[0].model_copy(update={"start": one.start(), "end": one.end()})
        for one in re.finditer(WHO, text)
    ]
    found = [text[start:end] for start, end in passages(record, every)]
    mine = [before.strip(), f"¿{WHO}? VIH.", behind.strip()]
    assert [one.lstrip("¿") for one in found] == [one.lstrip("¿") for one in mine if one]


def test_another_speaker_is_not_what_a_name_and_a_colon_announce() -> None:
    text = f"{WHO}:\nOtto: I have HIV"
    assert about(Record(id="a", text=text), WHO) == [f"{WHO}:"]


def test_every_identifier_counts_and_neighbouring_sentences_are_one_passage() -> None:
    text = f"Hi. {WHO} moved. Write to z@q.example now. The lamp is fine. Her number: C-770077."
    record = Record(id="a", text=text)
    assert about(record, WHO, "z@q.example", "C-770077") == [
        f"{WHO} moved. Write to z@q.example now.",
        "Her number: C-770077.",
    ]


def test_a_sentence_that_names_nobody_is_not_found() -> None:
    """What docs/locate.md says of it: a reviewer who sees it accepts the whole record."""
    assert about(Record(id="a", text=f"{WHO} fell. She broke a leg."), WHO) == [f"{WHO} fell."]


def test_places_are_of_the_text_whatever_the_prompt_holds() -> None:
    record = Record(id="a", prompt="Who called?", text=f"It rained. {WHO} did.")
    assert about(record, WHO) == [f"{WHO} did."]


@pytest.mark.parametrize(
    "record",
    [
        Record(id="prompt", prompt=f"What did {WHO} say?", text="That it rained. Nothing else."),
        Record(id="user", text=f"{WHO} called.{TURN}I see. Noted.", roles=("user", "assistant")),
    ],
    ids=lambda one: one.id,
)
def test_what_the_model_is_not_trained_to_say_is_no_passage(record: Record) -> None:
    assert passages(record, evidence(record, WHO)) == ()


def test_a_thread_alone_names_nobody() -> None:
    thread = Evidence(kind=IdentifierKind.OTHER, how="thread", start=0, end=0, recogniser="thread")
    assert passages(Record(id="a", text="One. Two."), [thread]) == ()


def test_where_nothing_would_be_left_the_passage_is_the_whole_text() -> None:
    text = f" {WHO} saw it. \n"
    assert passages(Record(id="a", text=text), evidence(Record(id="a", text=text), WHO)) == (
        (0, len(text)),
    )


@given(st.text(st.sampled_from("Aa .!?\n\x1e1é"), max_size=60))
def test_sentences_stand_in_order_and_lose_no_word(text: str) -> None:
    found = list(sentences(text))
    kept = "".join(text[start:end] for start, end in found)
    assert "".join(kept.split()) == "".join(text.split())
    assert within(rest(text, found), found) == []
    assert sum(end - start for start, end in (*found, *rest(text, found))) == len(text)
