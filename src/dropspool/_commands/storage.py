"""The options for the storage of the queue, and the login of a Dropbox."""

from __future__ import annotations

import functools
import os
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeAlias, Union

import click
from dotenv import dotenv_values
from pydantic import ValidationError

from dropspool._commands.exits import Failure, errors_as_exits
from dropspool.schemas import DropboxLoginInformation, LocalLoginInformation

if TYPE_CHECKING:
    from dropspool.providers.dropbox import DropboxProviderExtended
    from dropspool.providers.local import LocalProvider

Provider: TypeAlias = Union["DropboxProviderExtended", "LocalProvider"]
"""A provider; its module is imported when it is needed, because the SDK takes long to load."""

VARIABLES = {
    "app_key": "DROPBOX_APP_KEY",
    "app_secret": "DROPBOX_APP_SECRET",
    "refresh_token": "DROPBOX_REFRESH_TOKEN",
}

_local = click.option("--local", metavar="DIR", help="Keep the files in this folder.")
_dropbox = click.option(
    "--dropbox",
    "in_dropbox",
    is_flag=True,
    help=f"Keep the files in the Dropbox of {', '.join(VARIABLES.values())}, which are environment"
    " variables or entries of a file .env.",
)


def on_storage(*, optional: bool = False) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Add the options for the storage, and call the command with a function that opens it.

    The function returns the provider; it takes options of the provider as keywords. If the
    options are ``optional`` and none is given, it is None. Errors of the library end the
    command with an exit code.
    """

    def decorated(command: Callable[..., Any]) -> Callable[..., Any]:
        @_local
        @_dropbox
        @functools.wraps(command)
        def called(*, local: str | None, in_dropbox: bool, **arguments: Any) -> None:
            if local is not None and in_dropbox:
                raise click.UsageError("expected --local or --dropbox, got both")
            opening = None
            if local is not None or in_dropbox:
                opening = functools.partial(_opened, local)
            elif not optional:
                raise click.UsageError("expected --local or --dropbox, got neither")
            with errors_as_exits():
                command(opening, **arguments)

        return called

    return decorated


def _opened(local: str | None, **options: Any) -> Provider:
    if local is None:
        from dropspool.providers.dropbox import DropboxProviderExtended

        return DropboxProviderExtended(_login(), "dropbox", **options)
    from dropspool.providers.local import LocalProvider

    try:
        return LocalProvider(LocalLoginInformation(base_path=local), **options)
    except OSError as error:
        raise Failure(f"--local: {error.strerror}, got {local!r}") from error


def _login() -> DropboxLoginInformation:
    variables = {**dotenv_values(".env"), **os.environ}
    try:
        return DropboxLoginInformation.model_validate(
            {field: variables.get(name) for field, name in VARIABLES.items()}
        )
    except ValidationError as error:
        missing = [VARIABLES[str(problem["loc"][0])] for problem in error.errors()]
        raise Failure(f"expected in the environment or in .env: {', '.join(missing)}") from None
