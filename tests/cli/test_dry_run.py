"""`unlearn --dry-run`: which tokens carry the loss, without a name and without a trace."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

from tests.chats import chat_tokenizer
from tests.cli.refusal import refused
from tests.cli.test_leaks import found_in
from tests.company import Line, Said, events_of, unlearnkit
from unlearnkit.artefacts import folder_digests
from unlearnkit.demo.training import SmallModel, new_model
from unlearnkit.language_model.folder import LanguageModel, load_tokenizer, save_language_model
from unlearnkit.language_model.tokens import Encoding, encode_record

ALL = ("--dry-run", "--show", 1000)


def dry_run(line: Line, workspace: Path, *more: object) -> Said:
    return unlearnkit(*line.story.unlearn(workspace / "no-model", workspace), *more)


def test_nothing_is_trained_or_written(line: Line, ready: Path) -> None:
    events, files = events_of(ready), folder_digests(ready)
    said = dry_run(line, ready, "--dry-run")
    assert said.exit_code == 0, said.stderr
    assert "Dry run: nothing was trained or written." in said.stdout
    assert events_of(ready) == events
    assert folder_digests(ready) == files
    assert not (ready / "no-model").exists()


def test_three_records_are_shown_unless_it_is_said_how_many(line: Line, ready: Path) -> None:
    for more, count in (((), 3), (("--show", 1), 1), (("--show", 0), 0)):
        said = dry_run(line, ready, "--dry-run", *more)
        assert said.stdout.count("⟦") - said.stdout.count("⟦green⟧") == count


@pytest.mark.parametrize("form", [(), ("--json",)])
def test_no_identifier_of_the_person_is_printed(
    line: Line, ready: Path, form: tuple[str, ...]
) -> None:
    """Of all forget records, in full."""
    said = dry_run(line, ready, *ALL, *form)
    assert "\\u2588" in said.stdout or "█" in said.stdout
    assert not found_in([said.stdout.encode(), said.stderr.encode()], line.story.spellings())


def test_masks_are_as_long_as_what_they_hide(line: Line, ready: Path) -> None:
    said = dry_run(line, ready, *ALL, "--json")
    records = {one.record.id: one.record for one in line.story.company.records}
    for one in said.json["shown"]:
        shown = "".join(run["text"] for run in one["runs"])
        text = "<s>" + records[one["record_id"]].text + "</s>"
        assert len(shown) == len(text)
        assert all(a in (b, "█") for a, b in zip(shown, text, strict=True))


def test_what_is_learned_is_the_text_and_its_end(line: Line, ready: Path) -> None:
    for one in dry_run(line, ready, *ALL, "--json").json["shown"]:
        begin, text, end = one["runs"]
        assert (begin["text"], begin["learned"], begin["special"]) == ("<s>", False, True)
        assert (text["learned"], text["special"]) == (True, False)
        assert (end["text"], end["learned"], end["special"]) == ("</s>", True, True)
        assert one["cut"] is False


def test_the_three_sets_are_counted_as_they_would_be_trained_on(line: Line, ready: Path) -> None:
    forget, retain, holdout = dry_run(line, ready, "--dry-run", "--json").json["counts"]
    tokenizer = load_tokenizer(line.story.model)
    asked = {record_id for ids in line.story.truth.values() for record_id in ids}
    mine = [one.record for one in line.story.company.records if one.id in asked]
    examples = [encode_record(one, tokenizer, Encoding()) for one in mine]
    assert forget == {
        "split": "forget",
        "records": len(mine),
        "tokens": sum(len(one.input_ids) for one in examples),
        "learned": sum(one.counted for one in examples),
        "cut": 0,
    }
    manifest = json.loads((line.workspace / "runs" / line.run_id / "manifest.json").read_text())
    assert retain["records"] == manifest["retain_count"]
    assert holdout["records"] > 0


def test_what_is_cut_is_counted_and_said(line: Line, ready: Path) -> None:
    config = ready / "unlearnkit.yaml"
    config.write_text(re.sub("(?m)^max_length: .*", "max_length: 16", config.read_text()))
    said = dry_run(line, ready, "--dry-run", "--json")
    forget = said.json["counts"][0]
    assert forget["cut"] == forget["records"]
    assert forget["tokens"] == 16 * forget["records"]
    assert all(one["cut"] for one in said.json["shown"])
    assert "... cut at max_length" in dry_run(line, ready, "--dry-run").stdout


def test_without_a_ready_request_it_says_what_to_do(line: Line, finished: Path) -> None:
    out = finished / "no-model"
    said = refused(finished, "unlearn", line.story.model, "--out", out, "--dry-run")
    assert "no request is ready" in said.stderr


# --- conversations ---------------------------------------------------------------------------


@pytest.fixture
def chats(tmp_path: Path) -> Path:
    """A workspace with one person's conversation located, and a model with random weights."""
    tokenizer = chat_tokenizer()
    size = SmallModel(hidden=16, layers=1, heads=1)
    random = LanguageModel(new_model(size, tokenizer, 512, 0), tokenizer)
    save_language_model(random, tmp_path / "model")
    rows: list[dict[str, Any]] = [
        {
            "id": "talk",
            "messages": [
                {"role": "user", "content": "I am Zoltana Quibble, zoltana@quibble.example."},
                {"role": "assistant", "content": "Welcome, Zoltana! Yours is order 4711334."},
                {"role": "user", "content": "Call ZOLTANA on (212) 555-0143."},
                {"role": "assistant", "content": "We will call Mrs. Quibble."},
            ],
        },
        {"id": "other", "prompt": "Who sells lamps?", "text": "The shop in the mall does."},
    ]
    corpus, request = tmp_path / "records.jsonl", tmp_path / "requests.csv"
    corpus.write_text("".join(json.dumps(row) + "\n" for row in rows))
    request.write_text(
        "regulation,identity_verified,name,email\n"
        "gdpr,yes,Zoltana Quibble,zoltana@quibble.example\n"
    )
    work = tmp_path / "work"
    place = ("--workspace", work)
    for command in (
        ("init", work),
        ("request", "import", request, *place),
        ("index", corpus, *place),
        ("locate", *place),
    ):
        assert unlearnkit(*command).exit_code == 0
    return tmp_path


def test_of_a_conversation_the_assistant_s_turns_are_marked(chats: Path) -> None:
    place = ("--out", chats / "out", "--workspace", chats / "work")
    said = unlearnkit("unlearn", chats / "model", *place, "--dry-run")
    assert said.exit_code == 0, said.stderr
    assert "⟦Welcome, ███████! Yours is order ███████.<|im_end|>⟧" in said.stdout
    assert "⟦We will call Mrs. ███████.<|im_end|>⟧" in said.stdout
    assert "<|im_start|>user\nCall ███████ on ██████████████.<|im_end|>" in said.stdout
    assert said.stdout.count("⟦") == 2 + 1  # and the legend's


def test_a_prompt_is_context_and_may_be_rendered_by_the_chat_template(chats: Path) -> None:
    """The headers cost tokens; the loss is on as many, on one end token or the other."""
    place = ("--out", chats / "out", "--workspace", chats / "work", "--dry-run", "--json")
    plain = unlearnkit("unlearn", chats / "model", *place).json["counts"][1]
    config = chats / "work" / "unlearnkit.yaml"
    config.write_text(
        re.sub("(?m)^prompt_template: .*", "prompt_template: chat", config.read_text())
    )
    chat = unlearnkit("unlearn", chats / "model", *place).json["counts"][1]
    assert chat["tokens"] > plain["tokens"]
    assert chat["learned"] == plain["learned"]


def test_colours_say_the_same_as_the_marks(chats: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from rich.console import Console

    from unlearnkit.cli import preview as shown

    coloured = Console(force_terminal=True, color_system="standard", no_color=False, width=200)
    monkeypatch.setattr(shown, "out", coloured)
    place = ("--out", chats / "out", "--workspace", chats / "work")
    with coloured.capture() as printed:
        unlearnkit("unlearn", chats / "model", *place, "--dry-run")
    assert "\x1b[32mWelcome, ███████! Yours is order ███████.\x1b[0m" in printed.get()
    assert "\x1b[1;32m<|im_end|>\x1b[0m" in printed.get()


def test_a_tokenizer_without_a_chat_template_is_refused_with_the_record_s_place(
    chats: Path,
) -> None:
    (chats / "model" / "chat_template.jinja").unlink()
    out = ("--out", chats / "out")
    said = refused(chats / "work", "unlearn", chats / "model", *out, "--dry-run")
    assert "records.jsonl, line 1: the tokenizer has no chat template" in said.stderr
