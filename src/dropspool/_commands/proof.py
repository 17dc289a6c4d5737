"""The commands that demonstrate and check what a queue does; none needs an existing queue."""

from __future__ import annotations

import click

from dropspool._commands.options import examples

_COLOURS = {"done": "green", "ended in an error": "red"}


@click.command(epilog=examples("dropspool demo", "dropspool demo --local jobs"))
@click.option(
    "--local", metavar="DIR", help="Keep the files in this folder, in place of a Dropbox."
)
def demo(local: str | None) -> None:
    """Run a few jobs on a Dropbox in memory or in a folder, and show what happened."""
    # A production worker starts from this program, too, and must not load the fake Dropbox.
    from dropspool.demo import render, run_demo

    def show(job_id: str, text: str) -> None:
        line = f"{job_id}  {text}" if job_id else f"  no answer from Dropbox: {text}"
        click.secho(line, fg=_COLOURS.get(text))

    click.echo("Three users queue jobs for a simulator of one qubit, and a worker runs them:\n")
    try:
        report = run_demo(local, show)
    except (OSError, ValueError) as error:
        raise click.ClickException(str(error)) from error
    click.echo(f"\n{render(report)}")


@click.command(hidden=True)
@click.option("--full", is_flag=True, expose_value=False)
def kill_matrix() -> None:
    """Raise an error that names the command's replacement; the next version removes this one."""
    raise click.UsageError(
        "the kill matrix is a command of the project's test tree now:"
        " run `python -m tests.support.kill_matrix` in a checkout"
    )


@click.command()
def crash_points() -> None:
    """Make each change of the main queue operations fail in four ways, and count the violations."""
    from dropspool.testing import DropboxSubject, FolderSubject
    from dropspool.testing.crashes import in_a_folder, on_dropbox, table

    click.echo(table(on_dropbox(DropboxSubject()), in_a_folder(FolderSubject())))
