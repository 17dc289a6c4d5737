"""Calls of batch routes, whether they start a job or return the results immediately (F7-10)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any, TypeVar

from fakedropbox.machines._calls import BUSY, Mismatch, Outcome, chain, outcome_of
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._example import Example

_PAUSE = 1.0

Predicted = TypeVar("Predicted")


def compare_batch(
    example: Example,
    compare: Callable[[Callable[[], Predicted], Outcome], Any],
    method: str,
    check: str,
    wanted: Sequence[tuple[Any, Callable[[], Predicted]]],
    **options: Any,
) -> None:
    """Call a batch route, and compare the outcome of each entry with its prediction.

    ``wanted`` has the entries with their predictions; ``check`` is the method that checks the job,
    or empty if the route starts none. Entries that failed by `too_many_write_operations` are
    repeated (F9-02).

    Raises:
        Mismatch: an outcome is not as predicted, or an entry fails too often.
    """
    for _ in range(example.tries if wanted else 0):
        results = _results(example, method, check, [arg for arg, _ in wanted], options)
        expect(len(wanted), len(results))
        busy = []
        for entry, result in zip(wanted, results, strict=True):
            outcome = outcome_of(result)
            if BUSY in outcome.chain:
                busy.append(entry)
            else:
                compare(entry[1], outcome)
        wanted = busy
        if not wanted:
            return
        example.pause(_PAUSE)
    if wanted:
        raise Mismatch(f"expected a result, got {BUSY} {example.tries} times")


def _results(
    example: Example, method: str, check: str, args: list[Any], options: dict[str, Any]
) -> list[Any]:
    answer = example.calls.make(method, args, **options)
    expect("", answer.chain)
    if not check:
        return list(answer.result.entries)
    status = answer.result
    if status.is_async_job_id():
        status = example.finished(check, status)
    expect(True, status.is_complete())
    return list(status.get_complete().entries)


def all_or_none(example: Example, method: str, args: list[Any]) -> Outcome:
    """Call an older batch route, which changes nothing if one of its entries is refused.

    Return the entries of the result, or the error; repeat the call while Dropbox is busy.

    Raises:
        Mismatch: Dropbox is busy at each attempt.
    """
    for _ in range(example.tries):
        answer = example.calls.make(method, args)
        expect("", answer.chain)
        status = answer.result
        if status.is_async_job_id():
            status = example.finished(f"{method}_check", status)
        if status.is_complete():
            return Outcome(status.get_complete().entries)
        error = status.get_failed()
        if BUSY not in chain(error):
            return Outcome(error, chain(error))
        example.pause(_PAUSE)
    raise Mismatch(f"expected a result, got {BUSY} {example.tries} times")
