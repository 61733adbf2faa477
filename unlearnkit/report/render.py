"""From a Report to its pages: Jinja2 in a sandbox, everything escaped, nothing fetched."""

from __future__ import annotations

import re
from datetime import date
from functools import partial
from importlib.metadata import version
from pathlib import Path
from typing import Any

from jinja2 import TemplateError, TemplateSyntaxError
from markupsafe import Markup, escape

from unlearnkit import resources
from unlearnkit.artefacts import digest_of, sha256_file
from unlearnkit.domain import Asking, AuditResult, ModelRole, RunManifest, Split, Verdict
from unlearnkit.errors import BadInput
from unlearnkit.report import attacks, distributions, leakage, lens, plots, tables, verdicts
from unlearnkit.report.asking import sentences
from unlearnkit.report.avoided import avoided
from unlearnkit.report.decoys import people_told
from unlearnkit.report.facts import Completed, RecordFigures, Renderer, Report
from unlearnkit.report.glossary import TERMS, label
from unlearnkit.report.histograms import decoys_plot
from unlearnkit.report.people import person_figures
from unlearnkit.report.scope import TRANSLATED
from unlearnkit.resources import ENGLISH, letter_template

LOCALES = {ENGLISH: "en_GB"}
"""How Babel calls a language where that is more than its two letters: days before months."""
NEVER_PRINTED = re.compile(r"\b(?:non-?)?compliant\b|\banonymous\b", re.IGNORECASE)
"""Legal conclusions that no measurement supports (EDPB Opinion 28/2024 asks case by case)."""

VERIFY_STEPS = """\
( set -e
tmp=$(mktemp -d)
jq -e '.dsseEnvelope | .payloadType == "application/vnd.in-toto+json"
       and (.signatures | length == 1)' attestation.json
jq -j .dsseEnvelope.payload attestation.json | base64 -d > "$tmp/payload"
jq -j '.dsseEnvelope.signatures[0].sig' attestation.json | base64 -d > "$tmp/signature"
size=$(wc -c < "$tmp/payload" | tr -d ' ')
{ printf 'DSSEv1 28 application/vnd.in-toto+json %s ' "$size"; cat "$tmp/payload"; } > "$tmp/signed"
case "$(openssl pkey -pubin -in KEY.pub -noout -text)" in
  ED25519*) openssl pkeyutl -verify -rawin -pubin -inkey KEY.pub -in "$tmp/signed" \\
              -sigfile "$tmp/signature" ;;
  *) openssl dgst -sha256 -verify KEY.pub -signature "$tmp/signature" "$tmp/signed" ;;
esac
jq -e '.predicateType == "https://unlearnkit.dev/attestation/unlearning/v0.2"' "$tmp/payload"
jq -r '.subject[] | select(.name | startswith("model/") | not)
       | .digest.sha256 + "  " + .name' "$tmp/payload" > "$tmp/sums"
sha256sum --strict -c "$tmp/sums"
{ cut -c 67- "$tmp/sums"; echo attestation.json; } | sort > "$tmp/names"
find . ! -type d | sed 's|^\\./||' | grep -vx -e 'letters/[^/]*\\.md' \\
  -e 'attestation\\.sigstore\\.json' | sort | diff "$tmp/names" -
test -z "$(find . -type l)"
echo "The report's files are those that were signed, and no others" )"""
"""Shell commands that check a report without unlearnkit; run by a test, printed in the report."""


def render_html(
    report: Report,
    report_digest: str,
    keyid: str,
    templates_dir: Path | None = None,
    *,
    embedded: str = "",
) -> str:
    """report.html: one self-contained page. `report_digest` is report.json's hex SHA-256.

    `embedded` is the envelope to be handed out with the page, in base64.

    Raises BadInput when a user's own template is broken or prints a legal conclusion.
    """
    context = {
        "report": report,
        "report_digest": report_digest,
        "keyid": keyid,
        "embedded": embedded,
        "headline": verdicts.headline(report.verdict),
        "verdict_words": verdicts.verdict_words(report.verdict),
        "groups": tables.figures_table(report),
        "avoided": avoided(report.measurements),
        "people": person_figures([one.id for one in report.requests], report.records),
        "leakage": leakage.leakage_table(report),
        "records_leaking": leakage.records_leaking(report),
        "asking_cost": leakage.asking_cost(report),
        "key_figures": tables.key_figures(report),
        "teachers": tables.teachers(report),
        "outcome_word": verdicts.outcome_word,
        "figure": tables.figure,
        "has_reference": report.reference_digest is not None,
        "comparison": plots.comparison_plot(tables.comparison(report)),
        "record_plots": _record_plots(report),
        "forget_shown": len({one.number for one in _forgotten(report)}),
        "plot_limit": plots.ROW_LIMIT,
        "decoys": decoys_plot(report.decoy_places, given=report.holdout_origin == "given"),
        "lens": lens.lens_plot(report.lens),
        "lens_cost": lens.lens_cost(report.lens),
        "decoy_people": people_told(
            report.measurement("decoy_test", Split.FORGET, ModelRole.UNLEARNED)
        ),
        "moved": distributions.moved_plot(report),
        "truth_ratios": distributions.truth_ratio_plot(report),
        "truth_lines": distributions.truth_ratio_lines(report),
        "line_key": distributions.line_key,
        "passes": drawn_passes(report, report),
        "attacks": attacks.attack_rows(report),
        "curves": attacks.curves_plot(report.curves),
        "returns": attacks.return_rows(report.curves),
        "conditions": attacks.CONDITIONS if report.attacks else (),
        "key": plots.key,
        "terms": TERMS,
        "verify_steps": VERIFY_STEPS,
    }
    return render_template("report.html.j2", context, templates_dir)


def renderer(templates_dir: Path | None = None) -> Renderer:
    """What makes report.html here: this code with the user's own or the shipped templates."""
    code = sorted(Path(__file__).parent.glob("*.py"))
    names = ("report.html.j2", "report.css")
    templates = [resources.find("templates", name, templates_dir) for name in names]
    digests = {path.name: sha256_file(path) for path in [*code, *templates]}
    return Renderer(version=version("unlearnkit"), digest=digest_of(digests))


def render_letter(
    report: Report,
    request_id: str,
    templates_dir: Path | None = None,
    language: str = ENGLISH,
    *,
    completed: Completed | None = None,
) -> str:
    """The notice to one data subject in Markdown, about one request.

    `completed`: the request's completion, where an earlier report came to it.

    In another language than English the limits of every run are the template's own words; what else
    this report names stays in English. Raises BadInput for an unknown request or language.
    """
    request = next((one for one in report.requests if one.id == request_id), None)
    if request is None:
        raise BadInput(f"the report is not about request {request_id}")
    name = letter_template(language, templates_dir)
    context = {
        "report": report,
        "request": request,
        "outcome": report.verdict.outcome.value,
        "shares": tables.forgotten_shares(report),
        "other_limits": [one for one in report.out_of_scope if one not in TRANSLATED],
        "completed": completed,
    }
    return render_template(name, context, templates_dir, language)


def render_processing_record(report: Report, templates_dir: Path | None = None) -> str:
    """A draft entry for the records of processing activities (GDPR Art. 30) in Markdown."""
    laws = {"gdpr": "GDPR Art. 17", "ccpa": "CCPA section 1798.105"}
    context = {
        "report": report,
        "laws": sorted({laws[one.regulation] for one in report.requests}),
        "due": sorted({one.due for one in report.requests}),
        "kinds": [row.label.lower() for row in leakage.leakage_table(report)[0].rows]
        if report.leakage
        else [],
    }
    return render_template("processing_record.md.j2", context, templates_dir)


def render_gate_summary(
    verdict: Verdict,
    templates_dir: Path | None = None,
    asking: Asking | None = None,
    run: str = "",
) -> str:
    """The verdict, how far was asked, and of which run, as Markdown for a CI job's summary page."""
    context = {
        "run": run,
        "asked": sentences(asking) if asking is not None else [],
        "weak": [one for one in asking.requests if one.asked < one.kept or not one.asked]
        if asking is not None
        else [],
        "verdict": verdict,
        "headline": verdicts.headline(verdict),
        "verdict_words": verdicts.verdict_words(verdict),
        "outcome_word": verdicts.outcome_word,
    }
    return render_template("gate_summary.md.j2", context, templates_dir)


def _forgotten(report: Report) -> list[RecordFigures]:
    return [one for one in report.records if one.split is Split.FORGET]


def _record_plots(report: Report) -> list[Markup]:
    """Each forgotten record beside the level of never-seen ones; no plot where there is none."""
    forget = _forgotten(report)
    return [
        plots.records_plot(forget, metric, label(metric), _unseen(report, metric))
        for metric in ("exact_memorization", "extraction_strength")
        if forget
    ]


def _unseen(report: Report, metric: str) -> Any:
    return report.measurement(metric, Split.HOLDOUT, ModelRole.UNLEARNED)


def drawn_passes(
    made: Report | RunManifest, measured: Report | AuditResult | None
) -> Markup | None:
    """The passes of a run as a plot, from where they began if that was measured; None: no pass."""
    if not made.passes:
        return None

    def before(metric: str, split: Split) -> float | None:
        one = measured.measurement(metric, split, ModelRole.ORIGINAL) if measured else None
        return one.value if one else None

    start = (
        before("exact_memorization", Split.FORGET),
        before("extraction_strength", Split.FORGET),
        before("exact_memorization", Split.RETAIN),
    )
    level = made.holdout_level.get("exact_memorization")
    tolerance = made.settings.get("tolerance")
    band = float(tolerance) if isinstance(tolerance, int | float) else None
    return plots.passes_plot(made.passes, start, level, band)


def render_template(
    name: str, context: dict[str, Any], own: Path | None, language: str = ENGLISH
) -> str:
    """A template's text: the user's `own`/name, else the shipped one.

    Dates and shares are written as in `language`. Raises BadInput when it is broken or prints a
    legal conclusion.
    """
    environment = resources.environment(own)
    environment.filters.update(
        date=partial(_date, language=language),
        share=partial(_share, language=language),
        figure=tables.figure,
        cell=_cell,
    )
    try:
        text = environment.get_template(name).render(context)
    except TemplateSyntaxError as error:
        place = error.filename or name
        raise BadInput(f"template: {error.message}", where=place, line=error.lineno) from None
    except TemplateError as error:
        raise BadInput(f"the template cannot be rendered: {error.message}", where=name) from None
    found = NEVER_PRINTED.search(text)
    if found:
        raise BadInput(
            f"a report never prints the word '{found.group().lower()}': no figure supports it",
            where=name,
            fix="Take it out of your template or of your policy's explanations.",
        )
    return text


def _date(value: date, language: str) -> str:
    """15 November 2026, as a long date of the language."""
    from babel.dates import format_date

    written = format_date(value, "long", locale=LOCALES.get(language, language))
    if language == "fr" and value.day == 1:  # CLDR writes 1 novembre, nobody else does
        return written.replace("1 ", "1er ", 1)
    return written


def _share(value: float, language: str) -> str:
    """0.985 as 98.5 %, with the language's own decimal sign."""
    from babel.numbers import format_percent

    locale = LOCALES.get(language, language)
    return format_percent(value, "#,##0.0\u202f%", locale=locale)


def _cell(value: object) -> Markup:
    """Text for a Markdown table cell: one line, no column break."""
    one_line = escape(" ".join(str(value).split()))
    return one_line.replace("|", Markup("&#124;"))
