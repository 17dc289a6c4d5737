"""The command `fakedropbox`."""

from __future__ import annotations

import click


@click.group()
@click.version_option(package_name="fakedropbox")
def main() -> None:
    """A faithful Dropbox in memory."""


@main.command()
def coverage() -> None:
    """Show which routes of the Dropbox API are faked, and which are not."""
    from fakedropbox.coverage import table

    click.echo(table())
