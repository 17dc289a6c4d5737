"""Hypothesis rules for tags, which stay with their file or folder (F8-12)."""

from __future__ import annotations

from functools import partial
from typing import Any

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Outcome
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._example import Example
from fakedropbox.machines._kernel import Kernel

_TEXTS = st.sampled_from(["x", "X", "y"])


@rule(place=v.KNOWN, text=_TEXTS)
def tag(machine: Kernel, place: Any, text: str) -> None:
    """Call `files_tags_add`."""
    example = machine.example
    path = example.path(place)
    with example.rule("tag") as calls:
        outcome = calls.make("files_tags_add", example.real(path), text)
        example.expected(partial(example.model.tags.add, path, text), outcome)


@precondition(lambda machine: machine.example.model.tags.owners())
@rule(place=v.TAGGED, text=_TEXTS)
def untag(machine: Kernel, place: Any, text: str) -> None:
    """Call `files_tags_remove`."""
    example = machine.example
    path = example.path(place)
    with example.rule("untag") as calls:
        outcome = calls.make("files_tags_remove", example.real(path), text)
        example.expected(partial(example.model.tags.remove, path, text), outcome)


@rule(place=v.KNOWN)
def tags(machine: Kernel, place: Any) -> None:
    """Call `files_tags_get`."""
    example = machine.example
    paths = [example.path(place)]
    with example.rule("tags") as calls:
        _check_tags(example, paths, calls.make("files_tags_get", _reals(example, paths)))


def check_all_tags(machine: Kernel) -> None:
    """Compare the tags of all entries that have any."""
    example = machine.example
    paths = example.model.tags.owners()
    if not paths:
        return
    method, reals = "files_tags_get", _reals(example, paths)
    with example.shown_by(method, reals):
        _check_tags(example, paths, example.calls.peek(method, reals))


def _check_tags(example: Example, paths: list[str], outcome: Outcome) -> None:
    expected = example.expected(lambda: [*map(example.model.tags.at, paths)], outcome)
    if expected is not None:
        found = [
            sorted(tag.get_user_generated_tag().tag_text for tag in each.tags)
            for each in outcome.result.paths_to_tags
        ]
        expect([*map(sorted, expected)], found)


def _reals(example: Example, paths: list[str]) -> list[str]:
    return [*map(example.real, paths)]
