"""A Hypothesis rule that saves data from a URL (F5-09)."""

from __future__ import annotations

from typing import Any

from hypothesis.stateful import rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Calls, Outcome, chain
from fakedropbox.machines._entries import Refused
from fakedropbox.machines._example import Example
from fakedropbox.machines._kernel import Kernel

_NO_URL, _NOWHERE = "a", "https://nobody.invalid/"


@rule(number=v.NTH, path=v.one_of(v.PATHS, v.PATHS, v.KNOWN))
def save_url(machine: Kernel, number: int, path: Any) -> None:
    """Call `files_save_url` and `files_save_url_check_job_status`."""
    example = machine.example
    urls = [*machine.urls, _NOWHERE, _NO_URL]
    path, url = example.path(path), urls[number % len(urls)]
    content, why = machine.urls.get(url), ["download_failed", "invalid_url"]
    if url == _NO_URL:
        del why[0]
    if content is not None and _is_taken(example, path, content):
        return  # no fact says what happens if something else is at the path
    with example.rule("save_url") as calls:
        outcome = _saved(example, calls, example.real(path), url)
        example.compare(lambda: example.model.tree.save_from(content, path, why), outcome)


def _is_taken(example: Example, path: str, content: bytes) -> bool:
    """Return whether a folder, or a file with other data, exists at the path."""
    try:
        return example.model.tree.at(path).content != content
    except Refused:
        return False


def _saved(example: Example, calls: Calls, path: str, url: str) -> Outcome:
    """Save a URL, and return the outcome of the job, or the refusal of its launch."""
    launched = calls.make("files_save_url", path, url)
    if launched.chain:
        return launched
    status = launched.result
    if status.is_async_job_id():
        status = example.finished("files_save_url_check_job_status", status)
    if status.is_complete():
        return Outcome(status.get_complete())
    return Outcome(status, chain(status).removeprefix("failed/"))
