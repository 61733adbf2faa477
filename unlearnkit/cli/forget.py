"""unlearnkit unlearn | process."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from unlearnkit.cli.figures import show_audit, show_run, show_verdict
from unlearnkit.cli.left_out import say_left_out, say_not_listed
from unlearnkit.cli.policy_names import PolicyOption
from unlearnkit.cli.preview import show_dry_run
from unlearnkit.cli.reading import Readings
from unlearnkit.cli.reading import options as reading_options
from unlearnkit.cli.settings import Choices
from unlearnkit.cli.settings import options as run_options
from unlearnkit.cli.shared_options import with_options
from unlearnkit.cli.terminal import (
    HERE,
    JsonOption,
    ReferenceOption,
    WorkspaceOption,
    command,
    err,
    opened,
    out,
    print_json,
)
from unlearnkit.domain import Uncertain

ModelArgument = Annotated[
    Path, typer.Argument(help="The model's folder (safetensors), or its LoRA adapter's.")
]
HoldoutOption = Annotated[
    list[Path] | None,
    typer.Option(help="Comparable records the model never saw. Without: decoys are made."),
]


def register(app: typer.Typer) -> None:
    """Put `unlearn` and `process` on the command line."""
    command(app, "unlearn", "unlearnkit unlearn ./model --out ./model-unlearned")(
        with_options(unlearn, choices=run_options)
    )
    command(
        app,
        "process",
        "unlearnkit process ./model --corpus records.jsonl --requests erasure.json --out ./result",
    )(with_options(process, choices=run_options, readings=reading_options))


def unlearn(
    model: ModelArgument,
    to: Annotated[Path, typer.Option("--out", help="Empty folder for the new model.")],
    choices: Choices,
    holdout: HoldoutOption = None,
    dry_run: Annotated[
        bool,
        typer.Option("--dry-run", help="Only show which tokens carry the loss; write nothing."),
    ] = False,
    show: Annotated[int, typer.Option(min=0, help="Forget records that --dry-run shows.")] = 3,
    from_older: Annotated[
        bool,
        typer.Option(
            "--from-older",
            help="Go on although a run made a newer model from MODEL: the new one then knows what "
            "that run forgot. For when the newer model is lost.",
        ),
    ] = False,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Make the model forget the accepted records of all ready requests (RKLU), as one batch.

    The same command goes on where a stopped one was.

    On several GPUs: accelerate launch -m unlearnkit unlearn MODEL --out DIR
    """
    from unlearnkit.pipeline.context import is_main_process
    from unlearnkit.pipeline.forget import unlearn as run_unlearn

    if dry_run:
        show_dry_run(model, holdout or [], show, workspace, from_older=from_older, as_json=as_json)
        return
    with opened(workspace) as context:
        settings = choices(context.workspace.config.seed)
        say_left_out(context)
        manifest = run_unlearn(context, model, to, holdout or [], settings, from_older=from_older)
    if not is_main_process():
        return
    if as_json:
        print_json(manifest)
        return
    show_run(manifest)
    out.print(f"Next: unlearnkit audit {to}", highlight=False, soft_wrap=True)


def process(
    model: ModelArgument,
    corpus: Annotated[
        list[str],
        typer.Option(help="Training records as for index (files, folders, globs, URLs)."),
    ],
    requests: Annotated[list[Path], typer.Option(help="Request files; may be repeated.")],
    to: Annotated[Path, typer.Option("--out", help="Gets model/ and report/.")],
    choices: Choices,
    readings: Readings,
    holdout: HoldoutOption = None,
    reference: ReferenceOption = None,
    policy: PolicyOption = "",
    uncertain: Annotated[
        Uncertain,
        typer.Option(
            help="What to do with matches a person should decide about; accept takes those in "
            "somebody else's records in part."
        ),
    ] = Uncertain.ASK,
    workspace: WorkspaceOption = HERE,
    as_json: JsonOption = False,
) -> None:
    """Run the whole line: import, index, locate, unlearn, audit, report. Resumable.

    Makes the workspace where there is none. Stops with exit code 3 while matches wait for a person;
    then review them and run the same command again. Unverified requests are left out.
    """
    from unlearnkit.pipeline.line import Job, settings_at, workspace_for
    from unlearnkit.pipeline.line import process as run_line

    config = settings_at(workspace)
    reading, settings = readings(config), choices(config.seed)
    job = Job(
        model,
        corpus,
        requests,
        to,
        holdout=holdout or [],
        reference=reference,
        policy=policy,
        uncertain=uncertain,
        fields=reading.fields,
        nlp=reading.nlp,
    )
    if made := workspace_for(workspace, job):
        err.print(f"Made a workspace in {made.root}", highlight=False, soft_wrap=True)
    with opened(workspace) as context:
        try:
            done = run_line(context, job, settings)
        finally:
            # Also where it stopped: until then the requests of the files were not there.
            say_left_out(context)
    say_not_listed(done.reported.not_listed)
    verdict = done.reported.report.verdict
    if as_json:
        print_json({"run": done.manifest, "verdict": verdict, "report": done.reported.folder})
    else:
        show_run(done.manifest)
        show_audit(done.audit)
        show_verdict(verdict)
        out.print(f"Report: {done.reported.folder / 'report.html'}", soft_wrap=True)
    raise typer.Exit(verdict.exit_code)
