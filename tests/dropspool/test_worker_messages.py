"""Tests of the text of an executor's error that the user may read."""

import time

import pytest
from tests.support.workers import in_turn, raising, work

from dropspool._worker.messages import message_for_user
from dropspool.schemas import MESSAGE_LIMIT
from dropspool.testing.kit import check_at_rest, submit

LONG = 1_000_000


@pytest.mark.parametrize(
    "text",
    ["x" * LONG, "x/" * (LONG // 2), "'" * LONG, "'x" * (LONG // 2), "x " * LONG, "/x'" * LONG],
    ids=["word", "path", "quotes", "opened", "words", "mixed"],
)
def test_the_message_for_a_long_text_is_made_quickly(text):
    """Regression: 60 kB took 76 seconds, in which no other thread could renew the lease."""
    start = time.process_time()
    message = message_for_user(ValueError(text))
    assert time.process_time() - start < 10
    assert len(message) <= MESSAGE_LIMIT


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("x='/home/the lab/secret.txt' is missing", "x=… is missing"),
        ("it's in 'the lab/secret.txt', sorry", "it's in …, sorry"),
        ("don't open /home/lab", "don't open …"),
        ("a 'quoted' word", "a 'quoted' word"),
        ("file \udcff is missing", "file ? is missing"),
    ],
)
def test_paths_and_lone_surrogates_are_replaced_in_a_message(text, shown):
    assert message_for_user(ValueError(text)) == f"ValueError: {shown}"


class Unprintable(Exception):
    """An error that raises another error when its text is asked for."""

    def __init__(self, inner):
        super().__init__()
        self._inner = inner

    def __str__(self):
        raise self._inner


def test_the_message_for_a_system_error_is_its_text_without_the_path():
    error = FileNotFoundError(2, "No such file or directory", "/home/ada/secret")
    assert message_for_user(error) == "FileNotFoundError: No such file or directory"


@pytest.mark.parametrize("inner", [ValueError("no"), KeyboardInterrupt(), SystemExit(3)])
def test_an_error_whose_text_cannot_be_shown_is_named(inner):
    expected = f"Unprintable: its text cannot be shown ({type(inner).__name__})"
    assert message_for_user(Unprintable(inner)) == expected


@pytest.mark.parametrize(
    "error",
    [
        SystemExit("no"),
        KeyboardInterrupt("no"),
        GeneratorExit("no"),
        RecursionError("no"),
        MemoryError("no"),
        BaseExceptionGroup("no", [KeyboardInterrupt()]),  # noqa: F821 -- Python 3.11
        ValueError("x" * LONG),
        ValueError("\udcff"),
        Unprintable(ValueError()),
        Unprintable(SystemExit()),
    ],
    ids=lambda error: type(error).__name__,
)
def test_any_exception_of_an_executor_ends_only_its_own_job(storage, backend, error):
    failing, other = submit(backend), submit(backend)
    executors = {"fermions": in_turn(raising(error), lambda _: [])}
    assert work(storage, backend, executors) == [failing, other]
    check_at_rest(storage.files)
    status = backend.get_status("fermions", "ada", failing)
    assert status.status == "ERROR"
    assert status.error_message.startswith(f"{type(error).__name__}: ")
    assert len(status.error_message) <= MESSAGE_LIMIT
    assert backend.get_status("fermions", "ada", other).status == "DONE"
