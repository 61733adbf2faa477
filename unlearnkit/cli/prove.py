"""unlearnkit audit | report | verify."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unlearnkit.cli.attacks import AttacksOption, named_attacks
from unlearnkit.cli.figures import show_audit, show_verdict
from unlearnkit.cli.forget import ModelArgument
from unlearnkit.cli.left_out import say_not_listed
from unlearnkit.cli.policy_names import PolicyOption
from unlearnkit.cli.reproduction import reproduced, show_reproduction
from unlearnkit.cli.terminal import (
    HERE,
    JsonOption,
    ReferenceOption,
    WorkspaceOption,
    command,
    in_line,
    opened,
    out,
    print_json,
    say,
)
from unlearnkit.domain import HarnessTasks
from unlearnkit.errors import BadInput, VerificationFailed

if TYPE_CHECKING:
    from unlearnkit.report.verifying import Verification

RunOption = Annotated[
    str,
    typer.Option(
        "--run",
        help="The run to measure against.",
        show_default="the one that made MODEL, else the last",
    ),
]


def register(app: typer.Typer) -> None:
    """Put `audit`, `report` and `verify` on the command line."""
    command(app, "audit", "unlearnkit audit ./model-unlearned")(audit)
    command(app, "report", "unlearnkit report run-3fa1b2 --out ./report")(report)
    command(app, "verify", "unlearnkit verify ./report --key signing.pub --model ./model")(verify)


def audit(
    model: ModelArgument,
    reference: ReferenceOption = None,
    attacks: AttacksOption = "",
    utility_corpus: Annotated[
        Path | None,
        typer.Option(
            help="A text of your own, or records with texts, to measure perplexity on; it stays "
            "part of the run."
        ),
    ] = None,
    lm_eval: Annotated[
        str,
        typer.Option(
            metavar="TASKS",
            help="Tasks of the lm-evaluation-harness, apart by commas; needs the extra lm-eval.",
        ),
    ] = "",
    lm_eval_tasks: Annotated[
        Path | None, typer.Option(metavar="DIR", help="A folder of tasks of your own for it.")
    ] = None,
    reproduce: Annotated[
        Path | None,
        typer.Option(
            metavar="REPORT",
            help="Measure anew what a signed report says of MODEL, and say which figures agree.",
        ),
    ] = None,
    key: Annotated[
        Path | None,
        typer.Option(help="With --reproduce: the signer's public key.", show_default="as `verify`"),
    ] = None,
    run: RunOption = "",
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Measure forget quality and retained utility, before and after.

    On several GPUs: accelerate launch -m unlearnkit audit MODEL
    """
    from unlearnkit.language_model.folder import check_folder
    from unlearnkit.pipeline.audit import audit as run_audit
    from unlearnkit.pipeline.context import is_main_process
    from unlearnkit.pipeline.runs import run_named

    wanted = named_attacks(attacks)
    measuring = {
        "--run": run,
        "--attacks": attacks,
        "--utility-corpus": utility_corpus,
        "--lm-eval": lm_eval,
        "--lm-eval-tasks": lm_eval_tasks,
    }
    _refuse_mixed([name for name, value in measuring.items() if value], reproduce, key)
    harness = _harness_tasks(lm_eval, lm_eval_tasks)
    check_folder(model)  # before waiting for whoever else works there
    if reproduce is not None:
        _reproduce(reproduce, model, reference, key, workspace, as_json)
        return
    with opened(workspace) as context:
        chosen = run_named(context.workspace, run, model)
        result = run_audit(
            context,
            chosen,
            model,
            reference,
            utility=utility_corpus,
            attacks=wanted,
            harness=harness,
        )
    if not is_main_process():
        return
    if as_json:
        print_json(result)
        return
    show_audit(result)
    out.print(f"Next: unlearnkit report {chosen.id}", highlight=False)


def _harness_tasks(named: str, folder: Path | None) -> HarnessTasks | None:
    tasks = tuple(one for name in named.split(",") if (one := name.strip()))
    if folder is not None and not tasks:
        raise BadInput("no task of the folder is named", fix="Name them: --lm-eval TASKS")
    return HarnessTasks(tasks, folder) if tasks else None


def _refuse_mixed(measuring: Sequence[str], reproduce: Path | None, key: Path | None) -> None:
    """Raise BadInput where an option would be ignored.

    `measuring`: those that were given and say what is measured, which a report says for itself.
    """
    if reproduce is not None and measuring:
        raise BadInput(
            "--reproduce measures what the report says, of the run that it is about",
            fix=f"Leave out {', '.join(measuring)}.",
        )
    if key is not None and reproduce is None:
        raise BadInput("--key checks a report's signature alone", fix="Add --reproduce REPORT.")


def _reproduce(
    report: Path,
    model: Path,
    reference: Path | None,
    key: Path | None,
    workspace: Path,
    as_json: bool,
) -> None:
    """`audit --reproduce`: exit code 4 where a figure comes out otherwise."""
    from unlearnkit.pipeline.context import is_main_process
    from unlearnkit.pipeline.reproduce import reproduce

    with opened(workspace) as context:
        found = reproduce(context, report, model, reference, key)
    if is_main_process():
        if as_json:
            print_json(reproduced(found))
        else:
            show_reproduction(found)
    if not found.agreement.holds:
        raise typer.Exit(VerificationFailed.exit_code)


def report(
    run: Annotated[str, typer.Argument(help="The run's id, or its beginning.")],
    to: Annotated[
        Path | None,
        typer.Option(
            "--out", help="Where to write it.", show_default="report/ in the run's folder"
        ),
    ] = None,
    policy: PolicyOption = "",
    sign_model: Annotated[
        bool,
        typer.Option(
            "--sign-model",
            help="Also write model.sig, the model signed in the OpenSSF model-signing format.",
        ),
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Write and sign the report: JSON attestation, HTML page, a letter for each request.

    Where the policy passes, the requests are completed and their identifiers erased. The exit code
    is the verdict's: 0 pass, 1 failed, 3 cannot tell; the report is written all the same.
    """
    from unlearnkit.pipeline.prove import report as write
    from unlearnkit.pipeline.runs import find_run

    with opened(workspace) as context:
        chosen = find_run(context.workspace, run)
        done = write(context, chosen, policy, to, sign_model_too=sign_model)
        key = context.workspace.public_key
    say_not_listed(done.not_listed)
    if as_json:
        print_json({"folder": done.folder, "verdict": done.report.verdict})
    else:
        show_verdict(done.report.verdict)
        told = (
            f"Report:  {done.folder / 'report.html'}",
            f"Letters: {done.folder / 'letters'}",
            f"Next: unlearnkit verify {done.folder} --key {key}",
        )
        for one in told:
            out.print(one, highlight=False, soft_wrap=True)
    raise typer.Exit(done.report.verdict.exit_code)


def verify(
    report: Annotated[Path, typer.Argument(help="The report's folder, or its attestation.json.")],
    key: Annotated[
        Path | None,
        typer.Option(
            help="The signer's public key, got from elsewhere.",
            show_default="the workspace's, present or retired",
        ),
    ] = None,
    model: Annotated[
        Path | None, typer.Option(help="Check too that this is the audited model.")
    ] = None,
    tsa_roots: Annotated[
        Path | None,
        typer.Option(
            metavar="PEM",
            help="Roots of time stamping authorities: check too that one of them stamped it.",
        ),
    ] = None,
    sigstore_identity: Annotated[
        str,
        typer.Option(
            metavar="WHO",
            help="Check too that this e-mail address or CI job signed it through Sigstore.",
        ),
    ] = "",
    sigstore_issuer: Annotated[
        str, typer.Option(metavar="URL", help="Who vouches for that: an OpenID Connect issuer.")
    ] = "",
    sigstore_trust: Annotated[
        Path | None,
        typer.Option(
            metavar="JSON",
            help="Of another Sigstore instance: its TrustedRoot or ClientTrustConfig. Without, the "
            "public one's is fetched.",
        ),
    ] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Check signature, digests and, with --model, that this model is the audited one.

    The key in the report's folder is never trusted: as --key it is refused. Exit code 4 when
    anything does not hold.
    """
    from unlearnkit.pipeline.keyless import expected
    from unlearnkit.pipeline.verify import verify as verify_with

    whom = expected(sigstore_identity, sigstore_issuer, sigstore_trust)
    found = verify_with(report, key, model, workspace, tsa_roots, expected=whom)
    if as_json:
        print_json(
            {
                "run": found.run_id,
                "keyid": found.keyid,
                "created": found.created,
                "verdict": found.outcome,
                "claims": [{"what": one.what, "detail": one.detail} for one in found.claims],
                "not_checked": found.not_checked,
            }
        )
        return
    _show_verified(found)


def _show_verified(found: Verification) -> None:
    """Every claim that holds, what was not looked at, and whose report it is."""
    for claim in found.claims:
        told = in_line(f"{claim.what}: {claim.detail}")
        say(f"[green]holds[/]  {told}")
    for sentence in found.not_checked:
        told = in_line(sentence)
        say(f"[yellow]not checked[/]  {told}")
    out.print(
        f"The report of {found.run_id} of {found.created:%Y-%m-%d %H:%M} UTC holds. "
        f"Its verdict: {found.outcome.value.replace('_', ' ')}.",
        highlight=False,
        soft_wrap=True,
    )
