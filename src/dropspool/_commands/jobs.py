"""The commands about jobs."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any, TextIO

import click

from dropspool._commands.exits import Exit, Failure, Failures
from dropspool._commands.options import age, examples
from dropspool._commands.output import as_json, print_json, print_pairs, print_table, printable
from dropspool._commands.storage import Provider, on_storage
from dropspool.operations import (
    CANCELLED,
    Job,
    JobDetails,
    State,
    cancel,
    job_details,
    list_jobs,
    prune,
    requeue,
    wait_for_result,
)
from dropspool.schemas import ResultDict

Opening = Callable[..., Provider]

_STATES = click.Choice(["queued", "running", "done", "error"])

_of_backend = click.option("--backend", metavar="NAME", help="Only jobs of this backend.")
_of_user = click.option("--user", metavar="NAME", help="Only jobs of this user.")


@click.command(
    epilog=examples(
        "dropspool submit fermions job.json --user ada --local jobs",
        "dropspool submit fermions --user ada --dropbox < job.json",
    )
)
@click.argument("backend")
@click.argument("file", type=click.File(encoding="utf-8"), default="-")
@click.option(
    "--user",
    metavar="NAME",
    envvar="DROPSPOOL_USER",
    show_envvar=True,
    required=True,
    help="The name of the user, whose results are kept under it.",
)
@as_json
@on_storage()
def submit(opening: Opening, backend: str, file: TextIO, user: str, as_json: bool) -> None:
    """Queue a job for BACKEND and print its id.

    FILE has the job, a JSON object with one experiment for each key; without it, the job is read
    from the standard input.
    """
    try:
        job = json.load(file)
    except (ValueError, RecursionError) as error:
        raise Failure(f"{file.name}: expected JSON: {error}", Exit.USAGE) from error
    if not isinstance(job, dict):
        raise Failure(f"{file.name}: expected a JSON object, got {type(job).__name__}", Exit.USAGE)
    provider = opening()
    try:
        config = provider.get_config(backend)
    except FileNotFoundError as error:
        known = ", ".join(provider.get_backends()) or "none"
        raise Failure(
            f"BACKEND: expected one that has a configuration ({known}), got {backend!r}",
            Exit.MISSING,
        ) from error
    job_id = provider.upload_job(job, backend, user)
    try:
        provider.upload_status(backend, user, job_id)
    except OSError as error:
        # The job is queued all the same: without its id, its user would queue it once more.
        click.echo(f"{job_id}: its first status was not stored: {printable(str(error))}", err=True)
    if not config.operational:
        told = printable(config.status_msg or "no reason is given")
        click.echo(f"{backend} is not operational now ({told}): the job waits", err=True)
    if as_json:
        print_json({"job_id": job_id})
    else:
        click.echo(job_id)


@click.command(
    epilog=examples(
        "dropspool status JOB_ID --local jobs",
        "dropspool status JOB_ID --content --dropbox",
        "dropspool status JOB_ID --json --dropbox",
    )
)
@click.argument("job_id")
@click.option("--content", is_flag=True, help="Show the job as its user queued it, too.")
@as_json
@on_storage()
def status(opening: Opening, job_id: str, content: bool, as_json: bool) -> None:
    """Show the state of a job: its progress or its end, and its worker."""
    found = job_details(opening(), job_id)
    if as_json:
        print_json(_details(found))
        return
    print_pairs(
        [
            ("job", found.job.job_id),
            ("state", found.job.state),
            ("detail", found.detail),
            ("error", "" if found.error_message == "None" else found.error_message),
            ("backend", found.job.backend),
            ("user", found.job.user),
            ("queued", found.job.queued_at),
            ("worker", found.worker),
            ("attempt", found.attempt if found.worker else None),
            ("given back", found.given_back or None),
            ("last sign of life", found.last_sign_of_life if found.worker else None),
            ("content", json.dumps(found.content, indent=2) if content else None),
        ]
    )


def _details(found: JobDetails) -> dict[str, Any]:
    fields = asdict(found)
    return {**fields.pop("job"), **fields}


@click.command(
    epilog=examples(
        "dropspool result JOB_ID --local jobs",
        "dropspool result JOB_ID --wait 600 --json --dropbox",
    )
)
@click.argument("job_id")
@click.option(
    "--wait",
    type=click.FloatRange(min=0),
    metavar="SECONDS",
    default=0.0,
    help="Wait this long for the end of the job.",
)
@as_json
@on_storage()
def result(opening: Opening, job_id: str, wait: float, as_json: bool) -> None:
    """Show the result of a job that is done.

    The exit code is 4 if the job ended in an error, and 5 if it has not ended.
    """
    provider = opening()
    found = wait_for_result(provider, job_id, timeout=wait)
    # A program may have stored a result without success for a job that is done.
    if not found.success and (details := job_details(provider, job_id)).job.state == "error":
        why = "" if details.detail == CANCELLED else f" {details.error_message}"
        raise Failure(f"{job_id}: {printable(details.detail + why)}", Exit.JOB_FAILED)
    if as_json:
        print_json(found.model_dump(mode="json"))
    else:
        _print_result(found)


def _print_result(found: ResultDict) -> None:
    print_table(
        ["experiment", "shots", "outcome"],
        [
            (
                each.header.get("name", number),
                each.shots,
                ", ".join(f"{key}: {n}" for key, n in sorted(Counter(each.data.memory).items())),
            )
            for number, each in enumerate(found.results)
        ],
    )


@click.command(
    "list",
    epilog=examples(
        "dropspool list --local jobs",
        "dropspool list --backend fermions --user ada --state error --dropbox",
    ),
)
@_of_backend
@_of_user
@click.option("--state", type=_STATES, help="Only jobs in this state.")
@as_json
@on_storage()
def list_(
    opening: Opening, backend: str | None, user: str | None, state: State | None, as_json: bool
) -> None:
    """List the jobs, the oldest first."""
    found = list_jobs(opening(), backend=backend, user=user, state=state)
    _print_jobs(found, as_json)


def _print_jobs(found: list[Job], as_json: bool) -> None:
    if as_json:
        print_json([asdict(job) for job in found])
    else:
        print_table(
            ["job", "state", "backend", "user", "queued"],
            [(job.job_id, job.state, job.backend, job.user, job.queued_at) for job in found],
        )


@click.command(
    "cancel", epilog=examples("dropspool cancel JOB_ID --local jobs"), short_help="Cancel jobs."
)
@click.argument("job_ids", nargs=-1, required=True, metavar="JOB_ID...")
@as_json
@on_storage()
def cancel_(opening: Opening, job_ids: tuple[str, ...], as_json: bool) -> None:
    """Cancel jobs that have not ended: they end in an error.

    The worker of a running job learns of it when it next renews its lease.
    """
    _for_each(cancel, opening(), job_ids, "cancelled", as_json)


@click.command(
    "requeue",
    epilog=examples("dropspool requeue JOB_ID --dropbox"),
    short_help="Queue failed jobs again.",
)
@click.argument("job_ids", nargs=-1, required=True, metavar="JOB_ID...")
@as_json
@on_storage()
def requeue_(opening: Opening, job_ids: tuple[str, ...], as_json: bool) -> None:
    """Queue failed or cancelled jobs again, under the same id.

    A job that is done has a final result; submit it again to run it again.
    """
    _for_each(requeue, opening(), job_ids, "requeued", as_json)


def _for_each(
    operation: Callable[[Provider, str], None],
    provider: Provider,
    job_ids: tuple[str, ...],
    participle: str,
    as_json: bool,
) -> None:
    """Apply an operation to all jobs."""
    changed, failures = [], Failures()
    for job_id in job_ids:
        with failures.noted():
            operation(provider, job_id)
            changed.append(job_id)
            if not as_json:
                click.echo(f"{participle} {job_id}")
    if as_json:
        print_json({participle: changed})
    failures.end()


@click.command(
    "prune",
    epilog=examples(
        "dropspool prune --older-than 30d --dry-run --local jobs",
        "dropspool prune --older-than 12w --state error --yes --dropbox",
    ),
    short_help="Delete the files of old jobs.",
)
@click.option(
    "--older-than",
    type=age,
    required=True,
    help="The time since the end of the job: a number and s, m, h, d or w, such as 30d.",
)
@_of_backend
@_of_user
@click.option("--state", type=click.Choice(["done", "error"]), help="Only jobs in this state.")
@click.option("--dry-run", is_flag=True, help="Show the jobs and delete nothing.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@as_json
@on_storage()
def prune_(
    opening: Opening,
    older_than: timedelta,
    backend: str | None,
    user: str | None,
    state: State | None,
    dry_run: bool,
    yes: bool,
    as_json: bool,
) -> None:
    """Delete the job, status and result of jobs that ended some time ago.

    Other files are kept, and so are jobs that wait or run. Unless --yes or --dry-run is given, the
    command shows the jobs first and asks.
    """
    provider = opening()

    def pruned(*, dry: bool) -> list[Job]:
        return [*prune(provider, older_than, backend=backend, user=user, state=state, dry_run=dry)]

    if dry_run:
        _print_jobs(pruned(dry=True), as_json)
        return
    if not yes:
        if as_json:
            raise click.UsageError("expected --yes or --dry-run together with --json")
        found = pruned(dry=True)
        _print_jobs(found, as_json=False)
        click.confirm(f"Delete the files of {len(found)} jobs?", abort=True)
    gone = pruned(dry=False)
    if as_json:
        print_json({"deleted": [job.job_id for job in gone]})
    else:
        click.echo(f"deleted the files of {len(gone)} jobs")
