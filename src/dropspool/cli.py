"""The command `dropspool`."""

from __future__ import annotations

import click


@click.group()
def main() -> None:
    """A job queue for remote backends, kept in a Dropbox."""


@main.command()
def demo() -> None:
    """Run a few jobs on a Dropbox in memory, and show what happened."""
    # A worker in production is started from here too, and must not load the double.
    from dropspool.demo import render, run_demo

    click.echo(render(run_demo()))
