"""The exit codes of the commands, and the choice of a code for the error that ended a command."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from enum import IntEnum

import click

from dropspool.errors import BrokenFile
from dropspool.operations import WrongState


class Exit(IntEnum):
    """The exit code of a command."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    MISSING = 3
    JOB_FAILED = 4
    NOT_ENDED = 5
    WRONG_STATE = 6
    ABORTED = 130


MEANINGS = {
    Exit.DONE: "The command did what it was asked to do.",
    Exit.FAILED: "The storage failed or refused a request, a stored file is not valid, or a"
    " callable of `worker` cannot run.",
    Exit.USAGE: "The command was called wrongly: an option, a name or a file given to it is wrong.",
    Exit.MISSING: "There is no such job or backend.",
    Exit.JOB_FAILED: "`result`: the job ended in an error.",
    Exit.NOT_ENDED: "`result`: the job has not ended, or not in time.",
    Exit.WRONG_STATE: "`cancel`, `requeue`: the state of the job does not allow it.",
    Exit.ABORTED: "`worker`: it was interrupted a second time while a job was running.",
}


class Failure(click.ClickException):
    """An error to show, and the exit code of the command."""

    def __init__(self, message: str, code: Exit = Exit.FAILED) -> None:
        super().__init__(message)
        self.exit_code = code  # type: ignore[misc]  # click reads it from the object


@contextlib.contextmanager
def errors_as_exits() -> Iterator[None]:
    """Raise the errors of the library again as failures with an exit code."""
    try:
        yield
    except WrongState as error:
        raise Failure(str(error), Exit.WRONG_STATE) from error
    except FileNotFoundError as error:
        raise Failure(_told(error), Exit.MISSING) from error
    except TimeoutError as error:
        raise Failure(str(error), Exit.NOT_ENDED) from error
    except (OSError, BrokenFile) as error:
        raise Failure(_told(error)) from error
    except ValueError as error:
        raise Failure(str(error), Exit.USAGE) from error


class Failures:
    """The failures of a command that goes on with the next item after a failure."""

    def __init__(self) -> None:
        self._found: list[Failure] = []

    @contextlib.contextmanager
    def noted(self) -> Iterator[None]:
        """Note a failure in the block, so that the command goes on."""
        try:
            with errors_as_exits():
                yield
        except Failure as error:  # also one that the block raises itself
            self._found.append(error)

    def end(self) -> None:
        """End the command with the first failure, if any, after showing the other failures."""
        for other in self._found[1:]:
            other.show()
        if self._found:
            raise self._found[0]


def _told(error: Exception) -> str:
    """Return the message of an error, without the `errno` of an `OSError`."""
    if isinstance(error, OSError) and error.strerror:
        return f"{error.filename}: {error.strerror}" if error.filename else error.strerror
    return str(error)
