import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from tests.report import sample
from tests.report.conftest import report_with
from unlearnkit import resources
from unlearnkit.domain import Outcome
from unlearnkit.errors import BadInput
from unlearnkit.report.facts import EarlierVerdict, Report
from unlearnkit.report.render import render_gate_summary, render_html, render_letter

DIGEST, KEYID = "d" * 64, "8f" * 32


class Page(HTMLParser):
    """What a page is made of: its tags with attributes, and its text."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(source)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for name, attributes in self.tags if name == tag]

    @property
    def text(self) -> str:
        return " ".join(" ".join(self.words).split())


def page(report: Report, templates: Path | None = None) -> Page:
    return Page(render_html(report, DIGEST, KEYID, templates))


@pytest.mark.parametrize(
    ("outcome", "says"),
    [(Outcome.PASS, "Passed"), (Outcome.FAIL, "Failed"), (Outcome.CANNOT_TELL, "Cannot tell")],
)
def test_the_verdict_comes_first(outcome: Outcome, says: str) -> None:
    text = page(report_with(outcome)).text
    body = text[text.index("Skip to the figures") :]
    assert body.index(says) < 120
    assert body.index(says) < body.index("Before and after")


def test_the_page_shows_figures_checks_limits_and_digests(report: Report) -> None:
    text = page(report).text
    for check in report.verdict.checks:
        assert check.bound in text
    for sentence in (*report.out_of_scope, *report.limitations):
        assert sentence in text
    for digest in (report.original_digest, report.unlearned_digest, DIGEST, KEYID):
        assert digest in text
    for request in report.requests:
        assert request.id in text


def test_one_record_of_one_request_is_not_spoken_of_as_several(report: Report) -> None:
    one = {"forget_count": 1, "requests": report.requests[:1], "excluded_count": 1}
    text = page(report.model_copy(update=one)).text
    assert "1 record of 1 request was to be forgotten" in text
    assert "Forgotten: 1 record" in text
    assert "In neither set: 1, which mentions a person and is not theirs." in text
    text = page(report.model_copy(update=one | {"before_count": 2})).text
    assert "is not theirs; and 2 that earlier runs forgot for other requests." in text


def test_an_earlier_verdict_whose_policys_digest_nobody_kept_has_no_brackets(
    report: Report,
) -> None:
    told = EarlierVerdict(at=report.created, policy="lax", policy_digest="", outcome=Outcome.FAIL)
    text = page(report.model_copy(update={"earlier_verdicts": (told,)})).text
    assert "Reported before on the same run: fail, by policy “lax”, on" in text
    known = told.model_copy(update={"policy_digest": "ab" * 32})
    text = page(report.model_copy(update={"earlier_verdicts": (known,)})).text
    assert "by policy “lax” (abababababab), on" in text


def test_without_a_reference_the_page_says_so_and_has_no_column_for_it() -> None:
    shown = page(report_with(Outcome.PASS, reference=False))
    assert "not applicable no retrained reference was given; not counted" in shown.text
    assert "None was available here." in shown.text
    assert not any("m-reference" in (tag.get("class") or "") for tag in shown.all("path"))


def test_the_page_is_self_contained(report: Report) -> None:
    shown = page(report)
    assert shown.all("script") == shown.all("link") == shown.all("img") == []
    assert all((one["href"] or "").startswith("#") for one in shown.all("a"))
    assert not any(name.startswith("on") for _, attributes in shown.tags for name in attributes)
    policy = next(one for one in shown.all("meta") if one.get("http-equiv"))
    assert policy["content"] == "default-src 'none'; style-src 'unsafe-inline'"


def test_the_page_can_be_used_without_seeing_it(report: Report) -> None:
    shown = page(report)
    names = [name for name, _ in shown.tags]
    assert [names.count(one) for one in ("h1", "main", "header", "footer", "nav")] == [1] * 5
    assert names.count("caption") == names.count("table") == 6
    assert all(one.get("scope") for one in shown.all("th"))
    drawings = shown.all("svg")
    assert all(one.get("role") == "img" or one.get("aria-hidden") == "true" for one in drawings)
    ids = [one["id"] for _, one in shown.tags if "id" in one]
    assert len(ids) == len(set(ids))
    assert {(one["href"] or "")[1:] for one in shown.all("a")} <= set(ids)


def luminance(colour: str) -> float:
    parts = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    red, green, blue = (p / 12.92 if p <= 0.04045 else ((p + 0.055) / 1.055) ** 2.4 for p in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def test_text_has_contrast_aa_in_light_dark_and_print() -> None:
    """WCAG 2.2, success criterion 1.4.3: 4.5 to 1."""
    style = resources.find("templates", "report.css").read_text()
    full = [
        re.sub(r"#(\w)(\w)(\w)\b(?!\w)", r"#\1\1\2\2\3\3", one) for one in style.split(":root")[1:]
    ]
    themes = [dict(re.findall(r"--([\w-]+): (#\w{6})", one.split("}")[0])) for one in full]
    assert len(themes) == 3
    pairs = [
        *(
            (text, "page")
            for text in ("ink", "soft", "accent", "reference", "good", "bad", "unsure")
        ),
        *((text, "card") for text in ("ink", "soft")),
        *((tone, f"{tone}-soft") for tone in ("good", "bad", "unsure")),
        *(("soft", f"{tone}-soft") for tone in ("good", "bad", "unsure")),
        *(("accent", f"{tone}-soft") for tone in ("good", "bad", "unsure")),
        ("ink", "accent-soft"),
    ]
    for theme in themes:
        for text, ground in pairs:
            light, dark = sorted((luminance(theme[text]), luminance(theme[ground])), reverse=True)
            assert (light + 0.05) / (dark + 0.05) >= 4.5, (text, ground, theme[text])


def test_no_page_ever_prints_a_legal_conclusion(report: Report, tmp_path: Path) -> None:
    pages = [render_html(report, DIGEST, KEYID), render_gate_summary(report.verdict)]
    pages += [render_letter(report, one.id) for one in report.requests]
    assert not re.search("compliant|anonymous", " ".join(pages), re.IGNORECASE)
    (tmp_path / "gate_summary.md.j2").write_text("This model is GDPR-Compliant.")
    with pytest.raises(BadInput, match="never prints the word 'compliant'"):
        render_gate_summary(report.verdict, tmp_path)


def test_hostile_words_are_escaped(report: Report) -> None:
    check = report.verdict.checks[0].model_copy(
        update={"rule": "<script>x</script>", "explanation": "a | b\n<img src=x>"}
    )
    verdict = report.verdict.model_copy(update={"checks": (check,), "policy": "<b>mine</b>"})
    hostile = report.model_copy(update={"verdict": verdict, "settings": {"<i>": "<u>"}})
    shown = page(hostile)
    assert shown.all("script") == shown.all("img") == shown.all("b") == []
    assert "a | b" in shown.text
    summary = render_gate_summary(verdict)
    assert "<script>" not in summary
    assert "<b>" not in summary
    failed = check.model_copy(update={"outcome": Outcome.FAIL})
    summary = render_gate_summary(verdict.model_copy(update={"checks": (failed,)}))
    assert "a &#124; b &lt;img src=x&gt;" in summary


def test_the_gate_summary_is_a_table_of_checks(report: Report) -> None:
    text = render_gate_summary(sample.verdict(Outcome.FAIL))
    assert text.startswith("## unlearnkit gate: Failed")
    rows = [line for line in text.splitlines() if line.startswith("|")]
    assert len(rows) == 2 + len(report.verdict.checks)
    assert all(row.count("|") == 5 for row in rows)
    assert "Exit code 1" in text


def test_a_users_own_template_wins_file_by_file(report: Report, tmp_path: Path) -> None:
    (tmp_path / "report.css").write_text("body { color: teal }")
    source = render_html(report, DIGEST, KEYID, tmp_path)
    assert "color: teal" in source and "Before and after" in source


@pytest.mark.parametrize(
    ("template", "says"),
    [
        ("ok\n{% if %}", "template"),
        ("{{ nothing_of_the_kind }}", "undefined"),
        ("{{ ''.__class__.__mro__ }}", "unsafe"),
        ("{% include '../../etc/passwd' %}", "cannot be rendered"),
    ],
)
def test_a_broken_or_hostile_template_is_bad_input(
    report: Report, tmp_path: Path, template: str, says: str
) -> None:
    (tmp_path / "report.html.j2").write_text(template)
    with pytest.raises(BadInput, match=says):
        page(report, tmp_path)


@pytest.mark.parametrize("place", ["../secret.pem", "x/../../secret.pem", "{folder}/secret.pem"])
def test_a_template_reads_no_file_of_another_folder(
    report: Report, tmp_path: Path, place: str
) -> None:
    """As the workspace's keys, which lie beside its templates."""
    own = tmp_path / "templates"
    (own / "x").mkdir(parents=True)
    (tmp_path / "secret.pem").write_text("secret")
    include = place.format(folder=tmp_path)
    (own / "report.html.j2").write_text(f"{{% include '{include}' %}}")
    with pytest.raises(BadInput, match="cannot be rendered"):
        page(report, own)


def test_a_syntax_error_names_file_and_line(report: Report, tmp_path: Path) -> None:
    (tmp_path / "report.html.j2").write_text("ok\n{% if %}")
    with pytest.raises(BadInput) as caught:
        page(report, tmp_path)
    assert (caught.value.where, caught.value.line) == (str(tmp_path / "report.html.j2"), 2)
