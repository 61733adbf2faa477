"""The settings file: what init writes are the defaults, and errors name the line."""

from __future__ import annotations

from pathlib import Path

import pytest

from unlearnkit.config import DEFAULT_TEXT, Config, load_config
from unlearnkit.errors import BadInput
from unlearnkit.language_model.rendering import CHAT


def config(folder: Path, text: str | bytes) -> Config:
    path = folder / "unlearnkit.yaml"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return load_config(path)


def test_the_file_that_init_writes_says_the_defaults_and_all_of_them(tmp_path: Path) -> None:
    written = config(tmp_path, DEFAULT_TEXT)
    assert written == Config()
    assert written.model_fields_set == set(Config.model_fields)
    for part in (*(written.nlp, written.fields, written.clock, written.opendsr, written.locate),):
        assert part.model_fields_set == set(type(part).model_fields)


def test_what_is_left_out_has_its_default(tmp_path: Path) -> None:
    changed = config(tmp_path, 'nlp:\n  engine: patterns\n  regions: [GB, "NO"]\n')
    assert changed.nlp.engine == "patterns"
    assert changed.nlp.language == "en"
    assert changed.nlp.regions == ("GB", "NO")


def test_own_recognisers_lie_where_the_settings_are(tmp_path: Path) -> None:
    own = config(tmp_path, "nlp:\n  countries: [uk, es]\n  recognisers: own/staff.yaml\n").nlp
    assert own.countries == ("GB", "ES")
    assert own.recognisers is not None
    assert own.recognisers.file == str(tmp_path / "own" / "staff.yaml")


def test_the_tokenizer_s_own_chat_template_is_asked_for_by_name(tmp_path: Path) -> None:
    assert config(tmp_path, "prompt_template: chat\n").prompt_template == CHAT


@pytest.mark.parametrize(
    ("text", "line", "why"),
    [
        ("seed: 0\nnlp: {engine: magic}\n", 2, "nlp.engine: has to be 'spacy'"),
        ("nlp:\n  engine: spacy\n  modle: x\n", 3, "nlp.modle: is not known here"),
        ("seed: 0\nseed: 1\n", 2, "'seed' is given twice"),
        ("seed: -1\n", 1, "greater than or equal to 0"),
        ("seed: [\n", 2, "not valid YAML"),
        ("seed: 0\n\tx: 1\n", 2, "not valid YAML"),
        ("nlp:\n  regions:\n  - US\n  - NO\n", 4, "nlp.region 2: has to be text"),
        ("nlp: {regions: [usa]}\n", 1, "nlp.region 1"),
        ("nlp:\n  countries: [Spain]\n", 2, "nlp.country 1"),
        ("nlp:\n  countries: DE\n", 2, "nlp.countries: has to be a list"),
        ("nlp:\n  recognisers: 7\n", 2, "nlp.recognisers"),
        ("clock:\n  gdpr_months: 0\n", 2, "clock.gdpr_months"),
        ("clock:\n  time_zone: Mars/Olympus\n", 2, "clock.time_zone: no time zone of that name"),
        ("clock:\n  time_zone: ''\n", 2, "clock.time_zone: no time zone of that name"),
        ("prompt_template: 'Q: '\n", 1, "{prompt} exactly once"),
        ("prompt_template: '{prompt} {prompt}'\n", 1, "{prompt} exactly once"),
        ("prompt_template: '{prompt} {'\n", 1, "{prompt} exactly once"),
        ("prompt_template: Chat\n", 1, "{prompt} exactly once, and no other braces, or be 'chat'"),
        ("policy: ../other.yaml\n", 1, "policy"),
        ("- seed\n", 1, "has to be a mapping"),
        ("", 1, "has to be a mapping"),
        (b"seed: 0\n# \xff\n", 2, "not UTF-8"),
        ("seed: 2026-13-01\n", None, "a date or number that is none"),
    ],
)
def test_a_mistake_is_named_with_its_line(
    tmp_path: Path, text: str | bytes, line: int | None, why: str
) -> None:
    with pytest.raises(BadInput) as refusal:
        config(tmp_path, text)
    assert why in str(refusal.value)
    assert refusal.value.line == line


@pytest.mark.parametrize(
    ("language", "says"), [("xx", "'xx' is no language"), ("it", "no letter in the language 'it'")]
)
def test_a_language_without_a_letter_is_told_when_the_settings_are_read(
    tmp_path: Path, language: str, says: str
) -> None:
    """And not first when the report of a finished run is to be written."""
    path = tmp_path / "unlearnkit.yaml"
    path.write_text("letters: [en, de]\n")
    assert load_config(path).letters == ("en", "de")
    path.write_text(f"letters: [en, {language}]\n")
    with pytest.raises(BadInput, match=says) as caught:
        load_config(path)
    assert caught.value.where == str(path)


def test_one_s_own_template_makes_a_language(tmp_path: Path) -> None:
    (tmp_path / "unlearnkit.yaml").write_text("letters: [it]\n")
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "letter.it.md.j2").write_text("Buongiorno")
    assert load_config(tmp_path / "unlearnkit.yaml").letters == ("it",)
