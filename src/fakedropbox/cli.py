"""The command `fakedropbox`."""

from __future__ import annotations

import json

import click


@click.group()
@click.version_option(package_name="fakedropbox")
def main() -> None:
    """A faithful Dropbox in memory."""


@main.command()
@click.option("--json", "as_json", is_flag=True, help="Everything, each fact too, as JSON.")
def coverage(as_json: bool) -> None:
    """Show which routes of the Dropbox API are faked, which are not, and how it is known."""
    from fakedropbox.coverage import report, table

    click.echo(json.dumps(report(), indent=2) if as_json else table())
