"""unlearnkit gate."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from unlearnkit.cli.attacks import AttacksOption, named_attacks
from unlearnkit.cli.duration import seconds_of
from unlearnkit.cli.figures import show_asking, show_verdict
from unlearnkit.cli.forget import ModelArgument
from unlearnkit.cli.policy_names import PolicyOption
from unlearnkit.cli.prove import RunOption
from unlearnkit.cli.terminal import (
    HERE,
    JsonOption,
    ReferenceOption,
    WorkspaceOption,
    as_words,
    command,
    complain,
    err,
    opened,
    print_json,
)
from unlearnkit.errors import BadInput

if TYPE_CHECKING:
    from unlearnkit.pipeline.gate_files import Unwritten
    from unlearnkit.pipeline.prove import Gated


def register(app: typer.Typer) -> None:
    """Put `gate` on the command line."""
    command(app, "gate", "unlearnkit gate ./model --policy strict --junit gate.xml")(gate)


def gate(
    model: ModelArgument,
    policy: PolicyOption = "",
    reference: ReferenceOption = None,
    attacks: AttacksOption = "",
    probes: Annotated[
        bool,
        typer.Option(
            "--probes",
            help="Ask MODEL for what completed requests erased, by kept prompts and keyed hashes "
            "alone: no corpus is needed. The policy is then 'probes'.",
        ),
    ] = False,
    budget: Annotated[
        str,
        typer.Option(
            metavar="TIME",
            help="With --probes: stop asking after so many seconds, or 10m, 2h; everybody who was "
            "forgotten is asked for first, and the answer says what that could miss. The same "
            "command goes on where it stopped.",
            show_default="until all is asked",
        ),
    ] = "",
    run: RunOption = "",
    corpus: Annotated[
        list[str] | None,
        typer.Option(
            help="What the model was trained on; it fails where somebody who was forgotten is in "
            "it (unlearnkit screen). May be repeated."
        ),
    ] = None,
    junit: Annotated[
        Path | None, typer.Option(help="Write JUnit XML here, one testcase a rule.")
    ] = None,
    sarif: Annotated[
        Path | None, typer.Option(help="Write SARIF 2.1.0 here, for code scanning.")
    ] = None,
    markdown: Annotated[Path | None, typer.Option(help="Write a summary page here.")] = None,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Pass or fail a model for CI: 0 pass, 1 failed, 2 bad input, 3 cannot tell, 4 not verified.

    Any model can be gated, also a newly trained one: it is measured on what one run forgot. Where
    other runs forgot people too, it cannot tell; with --run it only says so. On GitHub a summary is
    added to the job's page.
    """
    from unlearnkit.pipeline.gate_files import GateFiles, refuse_at_once, write
    from unlearnkit.pipeline.probe_gate import gate_by_probes
    from unlearnkit.pipeline.prove import gate as run_gate
    from unlearnkit.pipeline.runs import run_named

    wanted = named_attacks(attacks)
    measured = bool(run) or reference is not None or wanted is not None
    _refuse_mixed(probes=probes, measured=measured, budget=bool(budget))
    seconds = seconds_of(budget, "--budget") if budget else None
    job_page = os.environ.get("GITHUB_STEP_SUMMARY")
    files = GateFiles(junit, sarif, markdown, Path(job_page) if job_page else None)
    refuse_at_once(files, workspace, model, policy)
    with opened(workspace) as context:
        place, seen = context.workspace, corpus or ()
        if probes:
            gated = gate_by_probes(context, model, policy, corpus=seen, budget=seconds)
        else:
            chosen = run_named(place, run, model)
            gated = run_gate(
                context,
                chosen,
                model,
                policy,
                reference,
                attacks=wanted,
                corpus=seen,
                named=bool(run),
            )
        unwritten = write(files, gated, place.templates_dir)
    _show(gated, unwritten, as_json)
    raise typer.Exit(gated.verdict.exit_code or (BadInput.exit_code if unwritten.named else 0))


def _show(gated: Gated, unwritten: Unwritten, as_json: bool) -> None:
    if unwritten.job_page is not None:
        _warn_of_page(unwritten.job_page)
    if as_json:
        print_json(gated.answer)
    else:
        err.print(f"Measured against {gated.run_id}", highlight=False)
        show_verdict(gated.verdict)
        if gated.asking is not None:
            show_asking(gated.asking)
    for one in unwritten.named:
        complain(one)


def _warn_of_page(error: BadInput) -> None:
    """Nobody asked for the page by an option: the verdict and its exit code stay what they are."""
    said = as_words(str(error))
    err.print(f"[yellow]No summary on the job's page:[/] {said}", highlight=False, soft_wrap=True)


def _refuse_mixed(*, probes: bool, measured: bool, budget: bool) -> None:
    """Raise BadInput where options of measuring a model and of asking through probes meet.

    `measured`: one was given that says how the model is measured on a run's records.
    """
    if probes and measured:
        raise BadInput(
            "--probes asks by what is kept of completed requests alone",
            fix="Leave out --run, --reference and --attacks.",
        )
    if budget and not probes:
        raise BadInput(
            "--budget bounds the asking through kept probes alone",
            fix="Add --probes, or leave it out: without, everything is measured.",
        )
