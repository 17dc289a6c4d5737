"""The command `dropspool`."""

from __future__ import annotations

import click

from dropspool._commands import backends, jobs, proof, worker
from dropspool._commands.exits import MEANINGS
from dropspool._commands.output import escape_what_cannot_be_encoded

_EXIT_CODES = "\b\nExit codes:\n" + "\n".join(
    f"  {code.value:<4} {meaning.replace('`', '')}" for code, meaning in MEANINGS.items()
)


@click.group(epilog=_EXIT_CODES)
@click.version_option(package_name="fakedropbox", prog_name="dropspool")
def main() -> None:
    """A job queue for remote backends, kept in a Dropbox or in a folder."""
    escape_what_cannot_be_encoded()


for command in (
    jobs.submit,
    jobs.status,
    jobs.result,
    jobs.list_,
    jobs.cancel_,
    jobs.requeue_,
    jobs.prune_,
    backends.config,
    backends.metrics,
    backends.recover,
    worker.worker,
    proof.crash_points,
    proof.demo,
    proof.kill_matrix,
):
    main.add_command(command)
