"""The commands about backends: their configurations, recovery and numbers."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from dropspool._commands.exits import Exit, Failure, Failures
from dropspool._commands.options import examples
from dropspool._commands.output import as_json, print_json, print_pairs, print_table, printable
from dropspool._commands.storage import Provider, on_storage
from dropspool.layout import config_path
from dropspool.operations import change_config, config_problems, snapshot
from dropspool.schemas import BackendConfigSchemaIn

Opening = Callable[..., Provider]


@click.command(
    epilog=examples("dropspool recover --local jobs", "dropspool recover fermions --dropbox")
)
@click.argument("backends", nargs=-1, metavar="[BACKEND]...")
@as_json
@on_storage()
def recover(opening: Opening, backends: tuple[str, ...], as_json: bool) -> None:
    """Repair the jobs of workers that died, by default those of all backends.

    Every worker does it at its start and from time to time.
    """
    provider = opening()
    actions, failures = {}, Failures()
    for name in backends or provider.get_backends():
        with failures.noted():
            actions[name] = provider.recover(name)
    if as_json:
        print_json(actions)
    else:
        for action in (action for found in actions.values() for action in found):
            click.echo(action)
        click.echo(f"{sum(map(len, actions.values()))} jobs repaired", err=True)
    failures.end()


@click.command(epilog=examples("dropspool metrics --local jobs"))
@on_storage()
def metrics(opening: Opening) -> None:
    """Print the numbers of jobs of each backend, and the age of the oldest waiting one, as JSON."""
    print_json(snapshot(opening()))


@click.group()
def config() -> None:
    """Show, change and check the configurations of backends."""


@config.command(
    epilog=examples(
        "dropspool config show --local jobs", "dropspool config show fermions --json --dropbox"
    )
)
@click.argument("backend", required=False)
@as_json
@on_storage()
def show(opening: Opening, backend: str | None, as_json: bool) -> None:
    """Show the configuration of BACKEND, or a line about each backend."""
    provider = opening()
    if backend is None:
        found, failures = {}, Failures()
        for name in provider.get_backends():
            with failures.noted():
                found[name] = provider.get_config(name)
        if as_json:
            print_json({name: each.model_dump(mode="json") for name, each in found.items()})
        else:
            print_table(
                ["backend", "version", "operational", "last queue check", "description"],
                [
                    (name, c.version, c.operational, c.last_queue_check, c.description)
                    for name, c in found.items()
                ],
            )
        failures.end()
        return
    fields = provider.get_config(backend).model_dump(mode="json")
    if as_json:
        print_json(fields)
    else:
        print_pairs(
            (name, json.dumps(value) if isinstance(value, list) else value)
            for name, value in fields.items()
        )


@config.command(
    "set",
    epilog=examples(
        "dropspool config set fermions --file fermions.json --local jobs",
        "dropspool config set fermions operational=false status_msg='back on Monday' --dropbox",
    ),
)
@click.argument("backend")
@click.argument("changes", nargs=-1, metavar="[FIELD=VALUE]...")
@click.option("--file", metavar="FILE", help="A whole configuration, as JSON; - for the input.")
@on_storage()
def set_(opening: Opening, backend: str, changes: tuple[str, ...], file: str | None) -> None:
    """Store the configuration of BACKEND from a file, or change fields of the stored one.

    A VALUE that begins with a bracket is JSON; null deletes an optional value. Nothing is stored
    if the configuration would not be valid.
    """
    if file is None and not changes:
        raise click.UsageError("expected --file or FIELD=VALUE")
    provider = opening()
    if file is not None:
        content = {"display_name": backend, **_read(file)}
        problems = config_problems(content, backend)
        if problems:
            raise Failure("\n".join(f"{file}: {each}" for each in problems), Exit.USAGE)
        provider.upload_config(BackendConfigSchemaIn.model_validate(content), backend)
    if changes:
        change_config(provider, backend, dict(map(_change, changes)))
    click.echo(f"stored the configuration of {backend}")


def _change(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not (name and equals):
        raise click.BadParameter(f"expected FIELD=VALUE, got {text!r}")
    if value != "null" and not value.startswith(("[", "{")):
        return name, value
    try:
        return name, json.loads(value)
    except ValueError as error:
        raise click.BadParameter(f"{name}: expected JSON: {error}") from error


def _read(file: str) -> dict[str, Any]:
    try:
        with click.open_file(file, encoding="utf-8") as opened:
            content = json.load(opened)
    except (OSError, ValueError, RecursionError) as error:
        raise Failure(f"{file}: expected a file with JSON: {error}", Exit.USAGE) from error
    if not isinstance(content, dict):
        raise Failure(f"{file}: expected a JSON object, got {type(content).__name__}", Exit.USAGE)
    return content


@config.command(
    epilog=examples(
        "dropspool config validate fermions.json",
        "dropspool config validate --local jobs",
        "dropspool config validate fermions --dropbox",
    )
)
@click.argument("names", nargs=-1, metavar="[FILE|BACKEND]...")
@as_json
@on_storage(optional=True)
def validate(opening: Opening | None, names: tuple[str, ...], as_json: bool) -> None:
    """Check the configurations in files, or with --local or --dropbox those that are stored.

    Without a name, all stored configurations are checked. The exit code is 1 if one is not valid.
    """
    problems: dict[str, list[str]] = {}
    failures = Failures()
    if opening is None:
        if not names:
            raise click.UsageError("expected a FILE, --local or --dropbox")
        for file in names:
            with failures.noted():
                problems[file] = config_problems(_read(file))
    else:
        provider = opening()
        for name in names or provider.get_backends():
            with failures.noted():
                problems[name] = config_problems(_stored(provider, name), name)
    if as_json:
        print_json(problems)
    else:
        for name, found in problems.items():
            for each in found or ["valid"]:
                click.echo(f"{name}: {printable(each)}")
    failures.end()
    if any(problems.values()):
        raise click.exceptions.Exit(Exit.FAILED)


def _stored(provider: Provider, backend: str) -> dict[str, Any]:
    folder, _, name = config_path(backend).rpartition("/")
    return provider.get_file_content(folder, Path(name).stem)
