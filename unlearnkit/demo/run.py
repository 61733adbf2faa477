"""The whole line on the made-up company: what `unlearnkit demo` runs, step by step."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from unlearnkit.config import FILE_NAME
from unlearnkit.demo.company import Company, CompanyFiles, build_company, write_company
from unlearnkit.demo.training import SmallModel, train, train_tokenizer
from unlearnkit.domain import AuditResult, Located, Progress, Request, RunManifest
from unlearnkit.errors import BadInput
from unlearnkit.language_model.tokens import Encoding
from unlearnkit.locate.forget_set import LocateScore, evaluate
from unlearnkit.locate.review import apply_decisions
from unlearnkit.locate.review import decide as decide_all
from unlearnkit.pipeline.audit import audit
from unlearnkit.pipeline.context import Context
from unlearnkit.pipeline.find import (
    decide,
    decisions,
    index_corpus,
    locate,
    located,
    undecided,
)
from unlearnkit.pipeline.forget import unlearn
from unlearnkit.pipeline.intake import import_requests
from unlearnkit.pipeline.ledger import create_workspace, opened_ledger
from unlearnkit.pipeline.prove import Gated, Reported, gate, report
from unlearnkit.pipeline.requests import OPEN
from unlearnkit.pipeline.runs import find_run, refuse_file
from unlearnkit.report.verifying import Verification, verify_report
from unlearnkit.unlearning.settings import Settings
from unlearnkit.workspace import Workspace

ENCODING = Encoding()
COMMON = 20
"""A text piece that occurs less often stays out of the tokenizer: see `train_tokenizer`."""
Say = Callable[[str], None]
"""Called with one line before each step."""


@dataclass(frozen=True, slots=True)
class DemoScale:
    """How large the company and its model are."""

    customers: int
    asking: int
    holdout_customers: int
    size: SmallModel
    learning_rate: float
    """Of unlearning: what suits so many weights. The other settings are the defaults."""

    def company(self, seed: int) -> Company:
        """The company of this seed."""
        return build_company(seed, self.customers, self.asking, self.holdout_customers)


FULL = DemoScale(80, 3, 8, SmallModel(), 3e-4)
FAST = DemoScale(
    10,
    2,
    3,
    SmallModel(512, hidden=64, layers=2, heads=2, epochs=30, batch_size=8, learning_rate=1e-2),
    2e-3,
)
"""Shows that everything runs: with so few people the gate often fails or cannot tell
(docs/benchmarks.md)."""


@dataclass(frozen=True, slots=True)
class Demo:
    """Everything the demo came to, for printing and for the benchmark."""

    folder: Path
    located: tuple[Located, ...]
    before_review: tuple[LocateScore, ...]
    after_review: tuple[LocateScore, ...]
    manifest: RunManifest
    audit: AuditResult
    reported: Reported
    verification: Verification
    gated_original: Gated
    gated_unlearned: Gated


def run_demo(scale: DemoScale, folder: Path, seed: int, say: Say, progress: Progress) -> Demo:
    """Make the company and its models in `folder`, and run the line on them; resumable.

    Raises BadInput when the folder holds something else, and whatever the steps raise.
    """
    company = scale.company(seed)
    files = _company_files(company, folder, seed)
    model, reference = folder / "model", folder / "retrained"
    say(f"1. A company of {len(company.customers)} customers and {len(company.records)} records")
    _train_models(company, scale.size, model, reference, seed=seed, progress=progress)
    place = folder / "workspace"
    if not (place / FILE_NAME).is_file():
        create_workspace(place)
    workspace = Workspace.open(place)
    with workspace.lock(), opened_ledger(workspace) as ledger:
        context = Context(workspace, ledger, "demo", progress)
        say(f"2. {len(files.requests)} erasure requests arrive (OpenDSR)")
        requests = [request for request, _ in import_requests(context, files.requests)]
        say("3. The personal data in the records is indexed, the people's records are located")
        index_corpus(context, [files.records])
        found = _locate(context, requests)
        before = _scores(context, found, company)
        say("4. A person reviews the uncertain matches (here: the known truth)")
        _review(context, found, company)
        after = _scores(context, found, company)
        say("5. The model unlearns: strengthen, calibrate the teacher, distil (RKLU)")
        settings = Settings(learning_rate=scale.learning_rate, seed=seed)
        manifest = unlearn(context, model, folder / "unlearned", [files.holdout], settings)
        run = find_run(workspace, manifest.run_id)
        say("6. Before, after and a retrained model are audited, the report is signed and verified")
        measured = audit(context, run, folder / "unlearned", reference)
        reported = report(context, run, "default", folder / "report")
        checked = verify_report(folder / "report", workspace.public_key, folder / "unlearned")
        say("7. The gate, on the original model and on the unlearned one")
        return Demo(
            folder,
            tuple(found),
            before,
            after,
            manifest,
            measured,
            reported,
            checked,
            gated_original=gate(context, run, model, "default"),
            gated_unlearned=gate(context, run, folder / "unlearned", "default"),
        )


def _company_files(company: Company, folder: Path, seed: int) -> CompanyFiles:
    """Write the company, unless the folder holds another one, or somebody's own files."""
    refuse_file(folder)
    mark, own = folder / "seed", f"{seed}, {len(company.customers)} customers"
    known = mark.read_text().strip() if mark.is_file() else ""
    if known.isdigit():  # of a version that knew one scale
        known = f"{known}, {FULL.customers} customers"
    if known != own and folder.is_dir() and any(folder.iterdir()):
        raise BadInput(
            f"this folder holds a demo of seed {known}" if known else "this folder is not empty",
            where=folder,
            fix="Choose another --out, or empty the folder.",
        )
    folder.mkdir(parents=True, exist_ok=True)
    mark.write_text(f"{own}\n")
    return write_company(company, folder / "company")


def _train_models(
    company: Company,
    size: SmallModel,
    model: Path,
    reference: Path,
    *,
    seed: int,
    progress: Progress,
) -> None:
    """The company's model, and one retrained from scratch without the people who ask."""
    records = [one.record for one in company.records]
    asked = {record_id for ids in company.truth().values() for record_id in ids}
    tokenizer = train_tokenizer([one.content for one in records], size.vocabulary, COMMON)
    kept = [one for one in records if one.id not in asked]
    for folder, chosen, what, start in (
        (model, records, "training the company's model", seed),
        (reference, kept, "retraining it without those who ask", seed + 1),
    ):
        if not folder.is_dir():
            train(
                chosen,
                tokenizer,
                folder,
                size=size,
                encoding=ENCODING,
                seed=start,
                progress=progress,
                what=what,
            )


def _locate(context: Context, requests: list[Request]) -> list[Located]:
    """What is found for each request; those an earlier, stopped demo closed are read back."""
    states = {one.id: context.ledger.request(one.id).state for one in requests}
    still_open = [request_id for request_id, state in states.items() if state in OPEN]
    if still_open:
        locate(context, still_open)
    return [located(context, request_id) for request_id in states]


def _review(context: Context, found: list[Located], company: Company) -> None:
    for one in found:
        if undecided(context, one):
            truth = company.truth()[one.request_id]
            decide(context, one, decide_all(one, truth, "the known truth", context.now()))


def _scores(context: Context, found: list[Located], company: Company) -> tuple[LocateScore, ...]:
    return tuple(
        evaluate(
            one, apply_decisions(one, decisions(context, one)), company.truth()[one.request_id]
        )
        for one in found
    )
