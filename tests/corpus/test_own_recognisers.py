"""The user's own recognisers, from Presidio's YAML: read, or refused with what is wrong."""

from __future__ import annotations

from pathlib import Path

import pytest

from unlearnkit.corpus.entities import entity_rows
from unlearnkit.corpus.nlp import Analyzer, NlpSettings, OwnRecognisers, detect, load_analyzer
from unlearnkit.corpus.shards import fill
from unlearnkit.domain import Record
from unlearnkit.errors import BadInput

KEY = b"k" * 32
STAFF = r"""
recognizers:
  - name: Badges
    supported_entity: BADGE
    patterns:
      - {name: badge, regex: '\bB\d{2}[-. ]?\d{4}\b', score: 0.6}
    context: [badge]
  - name: Projects
    supported_entity: PROJECT
    deny_list: [Blue Heron, Zoltana's Folly]
"""


def analyzer(folder: Path, text: str = STAFF, **more: object) -> Analyzer:
    path = folder / "recognisers.yaml"
    path.write_text(text, encoding="utf-8")
    settings = {"engine": "patterns", "recognisers": str(path), **more}
    return load_analyzer(NlpSettings.model_validate(settings))


def test_patterns_and_deny_lists_are_found_as_presidio_finds_them(tmp_path: Path) -> None:
    text = "Badge B12-3456 of blue heron; Blue Herons and B123-456 are none."
    (spans,) = detect(analyzer(tmp_path), [text])
    assert [
        (one.entity, text[one.start : one.end], one.score, one.recogniser) for one in spans
    ] == [
        ("BADGE", "B12-3456", 0.6, "Badges"),
        ("PROJECT", "blue heron", 1.0, "Projects"),
    ]


def test_one_value_has_one_hash_however_it_is_written(tmp_path: Path) -> None:
    texts = ("badge B12-3456", "b123456", "B12.3456, as said")
    records = [Record(id=str(at), text=text) for at, text in enumerate(texts)]
    found = entity_rows(records, analyzer(tmp_path), KEY)
    assert [one.entity for one in found] == ["BADGE"] * 3
    assert len({one.hash for one in found}) == 1


def test_presidio_s_own_example_is_read(tmp_path: Path) -> None:
    import presidio_analyzer

    example = Path(presidio_analyzer.__file__).parent / "conf" / "example_recognizers.yaml"
    text = example.read_text("utf-8")
    with pytest.raises(BadInput, match="line 17: it is for another language than 'en'"):
        analyzer(tmp_path, text)
    (spans,) = detect(analyzer(tmp_path, text.replace('"de"', '"en"')), ["Dr. Who, 12345"])
    assert [one.entity for one in spans] == ["TITLE", "ZIP"]


def test_the_settings_say_which_file_was_read_and_another_one_is_refused(tmp_path: Path) -> None:
    loaded = analyzer(tmp_path)
    named = loaded.settings.recognisers
    assert named is not None
    assert len(named.sha256) == 64
    assert "Heron" not in loaded.settings.model_dump_json()
    Path(named.file).write_text(STAFF + "# changed\n", encoding="utf-8")
    with pytest.raises(BadInput, match="changed since the index was made"):
        load_analyzer(loaded.settings)


def test_another_file_makes_every_shard_anew_and_another_place_none(tmp_path: Path) -> None:
    def shard(folder: Path, text: str) -> str:
        folder.mkdir(exist_ok=True)
        [made] = fill(
            tmp_path / "shards", [Record(id="1", text="B12-3456")], analyzer(folder, text), KEY
        )
        return made.name.partition("-")[0]

    here, there = tmp_path / "here", tmp_path / "there"
    assert shard(here, STAFF) == shard(there, STAFF)
    assert shard(here, STAFF) != shard(here, STAFF.replace("0.6", "0.7"))


ONE = "recognizers:\n  - {{name: A, supported_entity: {entity}, {rest}}}\n"
WRONG = [
    ("recognizers: [\n", "not valid YAML"),
    ("patterns: []\n", "it has no list 'recognizers'"),
    ("recognizers: []\n", "it has no list 'recognizers'"),
    ("recognizers: [SpacyRecognizer]\n", "only a recogniser of your own"),
    ("recognizers: [{name: UsSsnRecognizer, type: predefined}]\n", "only a recogniser of your own"),
    ("recognizers: [{name: A, supported_entity: B}]\n", "neither 'patterns' nor a 'deny_list'"),
    (ONE.format(entity="B", rest="patterns: [{name: x, regex: '(', score: 1}]"), "Invalid regex"),
    (ONE.format(entity="B", rest="patterns: [{name: x, regex: y}]"), "contain a score"),
    (ONE.format(entity="B", rest="patterns: [{name: x, regex: y, score: 7}]"), "between 0 and 1"),
    (ONE.format(entity="B", rest="deny_list: {Zoltana: 1}"), "deny_list"),
    ("recognizers: [{supported_entity: B, deny_list: [Zoltana]}]\n", "name"),
    ("recognizers: [{name: A, deny_list: [Zoltana]}]\n", "supported_entity"),
    (ONE.format(entity="B", rest="supported_language: de, deny_list: [x]"), "another language"),
    (ONE.format(entity="badge", rest="deny_list: [x]"), "has to be capital letters"),
    ("recognizers: [{name: EmailRecognizer, supported_entity: B, deny_list: [x]}]\n", "conflicts"),
]


@pytest.mark.parametrize(("text", "why"), WRONG)
def test_a_broken_file_is_refused_with_what_is_wrong(tmp_path: Path, text: str, why: str) -> None:
    with pytest.raises(BadInput, match=r"recognisers\.yaml") as error:
        analyzer(tmp_path, text)
    assert why in str(error.value)
    assert "Zoltana" not in str(error.value)
    assert error.value.fix


@pytest.mark.parametrize(
    "entity", ["PERSON", "CUSTOMER_ID", "NATIONAL_ID", "DE_TAX_ID", "LOCATION", "SUBJECT_0"]
)
def test_an_entity_that_is_taken_is_refused(tmp_path: Path, entity: str) -> None:
    with pytest.raises(BadInput, match=f"the entity '{entity}' is taken"):
        analyzer(tmp_path, ONE.format(entity=entity, rest="deny_list: [x]"))


def test_a_file_that_is_not_there_is_said(tmp_path: Path) -> None:
    own = OwnRecognisers(file=str(tmp_path / "none.yaml"))
    with pytest.raises(BadInput, match=r"none\.yaml: cannot read it"):
        load_analyzer(NlpSettings(engine="patterns", recognisers=own))
