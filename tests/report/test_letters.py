import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.report import sample
from tests.report.conftest import Written, report_with
from unlearnkit import resources
from unlearnkit.domain import Outcome
from unlearnkit.errors import BadInput
from unlearnkit.report.facts import Completed, Report
from unlearnkit.report.letters import (
    kept_drafts,
    withdraw_letters,
    write_letter,
    write_processing_record,
)
from unlearnkit.report.scope import TRANSLATED
from unlearnkit.report.verifying import verify_report

GDPR, _, CCPA = sample.REQUESTS


def test_a_letter_tells_counts_dates_law_and_limits(report: Report, tmp_path: Path) -> None:
    path = write_letter(tmp_path, report, GDPR)
    assert path == tmp_path / "letters" / f"{GDPR}.md"
    text = path.read_text()
    for part in ("11 records", "15 November 2026", "Article 17", *report.out_of_scope):
        assert part in text
    assert "California" in write_letter(tmp_path, report, CCPA).read_text()


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Of a record's tokens (pieces of words) the model predicted, on average over the"),
        ("de", "Von den Wortteilen (Tokens) eines Eintrags hat das Modell im Mittel über die"),
        ("fr", "d'un enregistrement, le modèle prédisait, en moyenne sur les enregistrements,"),
        ("es", "de un registro, el modelo predecía, de media entre los registros,"),
    ],
)
def test_a_letter_says_that_its_shares_are_means_over_records(
    report: Report, tmp_path: Path, language: str, told: str
) -> None:
    text = write_letter(tmp_path, report, GDPR, language=language).read_text(encoding="utf-8")
    assert told in " ".join(text.split())


def test_a_letter_holds_no_pseudonym_and_no_other_request(report: Report, tmp_path: Path) -> None:
    text = write_letter(tmp_path, report, GDPR).read_text()
    assert not any(one.pseudonym[:8] in text for one in report.requests)
    assert CCPA not in text
    assert "&#39;" not in text


@pytest.mark.parametrize("outcome", [Outcome.FAIL, Outcome.CANNOT_TELL])
def test_a_letter_claims_nothing_where_the_policy_did_not_pass(
    outcome: Outcome, tmp_path: Path
) -> None:
    text = write_letter(tmp_path, report_with(outcome), GDPR).read_text()
    assert "met every" not in text
    assert "We do not regard your request as finished" in " ".join(text.split())


@pytest.mark.parametrize("name", ["../../etc/passwd", "", "unknown"])
def test_an_unknown_request_gets_no_letter(report: Report, tmp_path: Path, name: str) -> None:
    with pytest.raises(BadInput):
        write_letter(tmp_path, report, name)
    assert list(tmp_path.iterdir()) == []


def in_part(report: Report, request_id: str, records: int, part: int) -> Report:
    """The report with so many records of this request, so many of them in part."""
    changed = {"records": records, "in_part": part}
    return report.model_copy(
        update={
            "requests": tuple(
                one.model_copy(update=changed) if one.id == request_id else one
                for one in report.requests
            )
        }
    )


@pytest.mark.parametrize(
    ("records", "part", "told"),
    [
        (11, 3, "In 3 of them only a passage concerns you; the rest is about others and was kept."),
        (
            11,
            1,
            "In one of them only a passage concerns you; the rest is about others and was kept.",
        ),
        (1, 1, "In it only a passage concerns you; the rest is about others and was kept."),
    ],
)
def test_a_letter_says_where_only_a_passage_is_about_the_person(
    report: Report, tmp_path: Path, records: int, part: int, told: str
) -> None:
    text = write_letter(tmp_path, in_part(report, GDPR, records, part), GDPR).read_text()
    assert told in text
    these = "this record" if records == 1 else "these records"
    assert f"no longer reproduce what concerns you in {these}, and" in text


def test_a_letter_about_whole_records_speaks_of_no_passage(report: Report, tmp_path: Path) -> None:
    assert "passage" not in write_letter(tmp_path, report, GDPR).read_text()


# --- in other languages -----------------------------------------------------------------------

LANGUAGES = ("de", "fr", "es")
OF_ONE = {
    "de": "In einem davon betrifft Sie nur eine Passage",
    "fr": "Dans l'un d'entre eux, seul un passage vous concerne",
    "es": "En uno de ellos solo un pasaje se refiere a usted",
}
OF_THREE = {
    "de": "In 3 davon betrifft Sie nur eine Passage",
    "fr": "Dans 3 d'entre eux, seul un passage vous concerne",
    "es": "En 3 de ellos solo un pasaje se refiere a usted",
}
SHIPPED = sorted(resources.shipped("templates").glob("letter.*.md.j2"))


def test_the_languages_here_are_those_that_ship() -> None:
    assert {path.name.split(".")[1] for path in SHIPPED} - {"md"} == set(LANGUAGES)


@pytest.mark.parametrize("language", LANGUAGES)
def test_passages_are_spoken_of_in_every_language(
    report: Report, tmp_path: Path, language: str
) -> None:
    for part, told in ((3, OF_THREE), (1, OF_ONE)):
        changed = in_part(report, GDPR, 11, part)
        text = write_letter(tmp_path, changed, GDPR, language=language).read_text()
        assert told[language] in text


@pytest.mark.parametrize(
    ("language", "none", "one"),
    [
        ("en", "0 records that concern you", "1 record that concerns you"),
        ("de", "0 Einträge gefunden, die Sie betreffen", "1 Eintrag gefunden, der Sie betrifft"),
        ("fr", "n'en avons trouvé aucun qui vous", "1 enregistrement qui vous concerne"),
        ("es", "0 registros que se refieren a usted", "1 registro que se refiere a usted"),
    ],
)
def test_none_and_one_are_spoken_of_as_the_language_does(
    report: Report, tmp_path: Path, language: str, none: str, one: str
) -> None:
    for records, told in ((0, none), (1, one)):
        changed = in_part(report, GDPR, records, 0)
        assert told in write_letter(tmp_path, changed, GDPR, language=language).read_text()


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_letter_says_the_same_in_another_language(
    report: Report, tmp_path: Path, language: str
) -> None:
    english = write_letter(tmp_path, report, GDPR).read_text()
    path = write_letter(tmp_path, report, GDPR, language=language)
    assert path.name == f"{GDPR}.{language}.md"
    text = path.read_text()
    for part in (GDPR, report.run_id, " 11 ", "2026", "17", "77", "79"):
        assert part in english
        assert part in text
    assert text.count("\n## ") == english.count("\n## ")
    assert "November 2026" not in text or language == "de"
    shares = [one.replace(",", ".") for one in re.findall(r"\d+[.,]\d\s%", text)]
    assert shares == re.findall(r"\d+\.\d\s%", english)
    assert len(shares) == 3


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_limit_is_in_the_letter_those_of_every_run_in_its_own_language(
    report: Report, tmp_path: Path, language: str
) -> None:
    text = write_letter(tmp_path, report, GDPR, language=language).read_text()
    assert not any(sentence in text for sentence in TRANSLATED)
    assert all(one in text for one in report.out_of_scope if one not in TRANSLATED)
    assert text.count("\n- ") == len(report.out_of_scope)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("outcome", list(Outcome)[:3])
def test_a_verdict_is_never_softened_by_translation(
    outcome: Outcome, tmp_path: Path, language: str
) -> None:
    """What has to be completed where the request is not finished is asked for in every language."""
    told = [
        write_letter(tmp_path, report_with(outcome), GDPR, language=one).read_text()
        for one in ("en", language)
    ]
    places = [len(re.findall(r"^[^<]*\[[^\]]+\]", one, re.MULTILINE)) for one in told]
    assert places[0] == places[1]


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
@pytest.mark.parametrize("outcome", list(Outcome)[:3])
def test_thresholds_are_those_of_a_named_policy_and_not_said_to_be_older(
    outcome: Outcome, tmp_path: Path, language: str
) -> None:
    """No event says that a policy was there before the audit; what was measured are tokens."""
    text = write_letter(tmp_path, report_with(outcome), GDPR, language=language).read_text()
    assert re.search("[“„«] ?default ?[”“»]", text.replace("\u00a0", " "))
    for word in ("beforehand", "zuvor", "auparavant", "de antemano"):
        assert word not in text
    assert "okens" in text


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("en", "Your request was completed on 1 November 2026, by the policy “ours”"),
        ("de", "Ihr Antrag wurde am 1. November 2026 nach dem Regelwerk „ours“ abgeschlossen"),
        ("fr", "satisfaite le 1er novembre 2026, selon la politique « ours »"),
        ("es", "se dio por atendida el 1 de noviembre de 2026, según la política «ours»"),
    ],
)
def test_of_a_completed_request_nobody_is_told_that_it_is_unfinished(
    tmp_path: Path, language: str, told: str
) -> None:
    done = Completed(datetime(2026, 11, 1, 12, tzinfo=UTC), "ours")
    open_, closed, passed = (
        write_letter(
            tmp_path, report_with(outcome), GDPR, None, language, completed=one
        ).read_text()
        for outcome, one in ((Outcome.FAIL, None), (Outcome.FAIL, done), (Outcome.PASS, done))
    )
    assert told in closed.replace("\u00a0", " ")
    assert told not in open_ + passed
    assert len(set(open_.splitlines()) ^ set(closed.splitlines())) == 2


@pytest.mark.parametrize("language", ["en", *LANGUAGES])
def test_a_request_of_which_nothing_was_found_says_so_in_every_language(
    report: Report, tmp_path: Path, language: str
) -> None:
    def found(records: int) -> str:
        requests = tuple(one.model_copy(update={"records": records}) for one in report.requests)
        other = report.model_copy(update={"requests": requests})
        return write_letter(tmp_path, other, GDPR, language=language).read_text()

    none, one, many = map(found, (0, 1, 5))
    assert none.count("\n## ") == many.count("\n## ") - 1
    assert re.findall(r"\d[.,]\d\s%", none) == []
    assert one.count("\n") == many.count("\n")
    assert one != many.replace("5", "1")


def test_a_language_without_letter_is_named_and_ones_own_template_makes_one(
    report: Report, tmp_path: Path
) -> None:
    with pytest.raises(BadInput, match="no letter in the language 'it'") as caught:
        write_letter(tmp_path, report, GDPR, language="it")
    assert "templates/letter.it.md.j2" in caught.value.fix
    with pytest.raises(BadInput, match="'xx' is no language"):
        write_letter(tmp_path, report, GDPR, language="xx")
    own = tmp_path / "templates"
    own.mkdir()
    (own / "letter.it.md.j2").write_text("Entro il {{ request.due | date }}.")
    text = write_letter(tmp_path, report, GDPR, own, "it").read_text()
    assert "dicembre 2026" in text


# --- the record of processing -----------------------------------------------------------------


def test_the_record_of_processing_has_every_part_that_article_30_asks_for(
    report: Report, tmp_path: Path
) -> None:
    path = write_processing_record(tmp_path, report)
    assert path == tmp_path / "letters" / "processing-record.md"
    text = path.read_text()
    for letter in "abcdefg":
        assert f"(1)({letter})" in text
    for letter in "abcd":
        assert f"(2)({letter})" in text
    assert "GDPR Art. 17" in text
    assert report.unlearned_digest in text
    assert "e-mail addresses" in text
    assert not any(one.id in text for one in report.requests)


def test_every_draft_that_was_edited_is_kept_where_verify_allows_it(
    written: Written, report: Report
) -> None:
    path = write_processing_record(written.folder, report)
    for words in ("Controller: us", "Controller: us and them"):
        path.write_text(words)
        write_processing_record(written.folder, report)
    kept = sorted(kept_drafts(written.folder))
    assert [one.name for one in kept] == [
        f"processing-record.before-{number}.md" for number in (1, 2)
    ]
    assert [one.read_text() for one in kept] == ["Controller: us", "Controller: us and them"]
    assert "(1)(a)" in path.read_text()
    assert verify_report(written.folder, written.keys.public)


def test_letters_that_no_longer_go_out_are_put_aside_and_no_others(
    report: Report, tmp_path: Path
) -> None:
    for language in ("en", "de"):
        write_letter(tmp_path, report, GDPR, language=language)
    other = write_letter(tmp_path, report, CCPA)
    for _ in range(2):  # a second time there is none left
        withdraw_letters(tmp_path, GDPR)
        left = {one.name for one in (tmp_path / "letters").iterdir()}
        assert left == {other.name, f"{GDPR}.before-1.md", f"{GDPR}.de.before-1.md"}
