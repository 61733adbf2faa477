"""`index --country` and `--recognisers`, and what locate and screen make of them."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.cli.refusal import jsonl, refused
from tests.company import unlearnkit

OWN = """recognizers:
  - name: Badges
    supported_entity: BADGE
    deny_list: [B12-3456]
"""
SETTINGS = "nlp:\n  engine: patterns\n  countries: [ES, GB]\n  recognisers: own.yaml\n"


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    texts = ("NHS 943-476-5919.", "Badge B12-3456.", "DNI 12345678-Z.", "Nobody.")
    rows = [{"id": str(at), "text": text} for at, text in enumerate(texts)]
    return jsonl(tmp_path / "records.jsonl", *rows)


def test_the_options_are_kept_in_the_index_and_win_over_the_settings(
    new: Path, tmp_path: Path, corpus: Path
) -> None:
    (new / "unlearnkit.yaml").write_text(SETTINGS, encoding="utf-8")
    (new / "own.yaml").write_text(OWN, encoding="utf-8")
    (tmp_path / "other.yaml").write_text(OWN.replace("BADGE", "PASS"), encoding="utf-8")
    by_settings = unlearnkit("index", corpus, "--workspace", new, "--json").json
    assert by_settings["nlp"]["countries"] == ["ES", "GB"]
    assert by_settings["nlp"]["recognisers"]["file"] == str(new / "own.yaml")
    assert {"BADGE", "UK_NHS", "ES_NIF"} <= set(by_settings["entities"])
    options = ("--country", "uk", "--country", "se", "--recognisers", tmp_path / "other.yaml")
    by_options = unlearnkit("index", corpus, *options, "--workspace", new, "--json").json
    assert by_options["nlp"]["countries"] == ["GB", "SE"]
    found = set(by_options["entities"])
    assert {"PASS", "UK_NHS"} <= found
    assert not {"BADGE", "ES_NIF"} & found


def test_an_index_in_plain_is_asked_for_and_said_to_be_unsafe(new: Path, corpus: Path) -> None:
    call = ("index", corpus, "--country", "GB", "--workspace", new)
    told = unlearnkit(*call, "--plain-index")
    assert "UNSAFE" in told.stderr and "plain.parquet" in told.stderr
    assert b"943-476-5919" in (new / "index" / "plain.parquet").read_bytes()
    assert "UNSAFE" not in unlearnkit(*call).stderr
    assert not (new / "index" / "plain.parquet").exists()


def test_process_reads_with_the_same_options(new: Path, tmp_path: Path) -> None:
    model = tmp_path / "model"
    model.mkdir()
    for name in ("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json"):
        (model / name).write_text("{}", encoding="utf-8")
    (tmp_path / "notes").mkdir()
    jsonl(tmp_path / "notes" / "a.jsonl", {"no": "7", "body": "NHS 943-476-5919."})
    request = tmp_path / "requests.csv"
    request.write_text("regulation,other\ngdpr,943 476 5919\n", encoding="utf-8")
    (new / "unlearnkit.yaml").write_text("nlp: {engine: patterns}\n", encoding="utf-8")
    unlearnkit("request", "import", request, "--verified", "--workspace", new)
    stopped = unlearnkit(
        *("process", model, "--corpus", f"{tmp_path}/notes/*.jsonl", "--requests", request),
        *("--out", tmp_path / "out", "--text-field", "body", "--id-field", "no"),
        *("--country", "GB", "--workspace", new),
    )
    assert stopped.exit_code == 3, stopped.stderr
    assert "1 uncertain match of 1 request waits" in stopped.stderr


def test_no_value_and_no_deny_list_is_written(new: Path, tmp_path: Path, corpus: Path) -> None:
    (tmp_path / "own.yaml").write_text(OWN, encoding="utf-8")
    options = ("--patterns-only", "--country", "GB", "--recognisers", tmp_path / "own.yaml")
    assert unlearnkit("index", corpus, *options, "--workspace", new).exit_code == 0
    for path in (new / "index").rglob("*"):
        if path.is_file():
            assert b"3456" not in path.read_bytes()
            assert b"5919" not in path.read_bytes()


@pytest.mark.parametrize(
    ("options", "told"),
    [
        (("--country", "Spain"), "no recognisers of the country SPAIN"),
        (("--country", "FR"), "It has those of AU, CA, DE, ES"),
        (("--recognisers", "none.yaml"), "none.yaml: cannot read it"),
    ],
)
def test_what_there_is_not_is_said(
    new: Path, corpus: Path, options: tuple[str, ...], told: str
) -> None:
    assert told in refused(new, "index", corpus, "--patterns-only", *options).stderr


def test_a_request_s_number_is_found_in_another_spelling(
    new: Path, tmp_path: Path, corpus: Path
) -> None:
    request = tmp_path / "requests.csv"
    request.write_text("regulation,other\ngdpr,943 476 5919;12345678Z\n", encoding="utf-8")
    for command in (
        ("request", "import", request, "--verified"),
        ("index", corpus, "--patterns-only", "--country", "GB", "--country", "ES"),
    ):
        done = unlearnkit(*command, "--workspace", new)
        assert done.exit_code == 0, done.stderr
    [found] = unlearnkit("locate", "--workspace", new, "--json").json
    assert [(one["record_id"], one["certainty"]) for one in found["matches"]] == [
        ("0", "uncertain"),
        ("2", "uncertain"),
    ]


def test_recognisers_that_changed_are_not_taken_for_the_same(
    new: Path, corpus: Path, tmp_path: Path
) -> None:
    own = new / "own.yaml"
    own.write_text(OWN, encoding="utf-8")
    (new / "unlearnkit.yaml").write_text(SETTINGS, encoding="utf-8")
    assert unlearnkit("index", corpus, "--workspace", new).exit_code == 0
    request = tmp_path / "requests.csv"
    request.write_text("regulation,email\ngdpr,zoltana@quibble.example\n", encoding="utf-8")
    done = unlearnkit("request", "import", request, "--verified", "--workspace", new)
    assert done.exit_code == 0, done.stderr
    own.write_text(OWN + "# more\n", encoding="utf-8")
    assert "recognisers changed since the index" in refused(new, "locate").stderr


def test_doctor_says_what_is_wrong_with_them(new: Path) -> None:
    (new / "unlearnkit.yaml").write_text(SETTINGS, encoding="utf-8")
    said = unlearnkit("doctor", "--workspace", new, "--json")
    assert said.exit_code == 1
    assert "own.yaml: cannot read it" in json.dumps(said.json)
