"""Calls of a provider with one invalid argument."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from dropspool.testing import strategies
from dropspool.testing.kit import BACKEND, config, result_of, status_of

_JOB_ID = f"20260101_000000-{BACKEND}-ada-00000"
_METHODS = {
    "upload_string": ("text", "folder", "name"),
    "upload": ("content", "folder", "name"),
    "get_file_content": ("folder", "name"),
    "get_job_content": ("folder", "name"),
    "update_file": ("content", "folder", "name"),
    "move_file": ("folder", "folder", "name"),
    "delete_file": ("folder", "name"),
    "get_file_queue": ("folder",),
    "upload_config": ("config", "backend"),
    "get_config": ("backend",),
    "get_backend_dict": ("backend",),
    "get_backend_status": ("backend",),
    "timestamp_queue": ("backend",),
    "get_next_job_in_queue": ("backend",),
    "waiting_jobs": ("backend",),
    "renew": ("id", "backend"),
    "give_back": ("id", "backend"),
    "recover": ("backend",),
    "upload_job": ("content", "backend", "user"),
    "upload_status": ("backend", "user", "id"),
    "get_status": ("backend", "user", "any id"),
    "get_result": ("backend", "user", "any id"),
    "update_in_database": ("result", "status", "id", "backend"),
}
"""The kinds of arguments of each method."""

_USABLE: dict[str, Any] = {
    "text": "{}",
    "content": {"a": 1},
    "folder": "Backend_files/Elsewhere",
    "name": "file",
    "config": config(),
    "backend": BACKEND,
    "user": "ada",
    "id": _JOB_ID,
    "any id": _JOB_ID,
    "result": result_of(_JOB_ID),
    "status": status_of(_JOB_ID),
}
_UNUSABLE: dict[str, SearchStrategy[str]] = {
    "folder": st.one_of(
        strategies.hostile_names().map("a/{}/b".format),
        strategies.hostile_names()
        .map("a/{}".format)
        .filter(lambda folder: folder.strip("/") != "a"),
        st.sampled_from(["", "/", "//"]),
    ),
    "name": st.one_of(strategies.hostile_names(), st.just("a/b")),
    "backend": strategies.hostile_display_names(),
    "user": st.one_of(strategies.hostile_usernames(), st.just("u" * 250)),
    "id": st.one_of(
        strategies.usernames(),
        strategies.hostile_names().map(f"20260101_000000-{BACKEND}-{{}}-00000".format),
    ),
}


@dataclass(frozen=True)
class WrongCall:
    """A method and its arguments; ``argument`` is the kind of the invalid one."""

    method: str
    argument: str
    arguments: tuple[Any, ...]


CHECKED = [
    (method, place)
    for method, kinds in _METHODS.items()
    for place, kind in enumerate(kinds)
    if kind in _UNUSABLE
]
"""The arguments that are checked: the method, and the position of the argument."""


def wrong_calls(method: str, place: int) -> SearchStrategy[WrongCall]:
    """Return a strategy for calls that must be refused because of the argument at ``place``."""
    kinds = _METHODS[method]

    def call(wrong: str) -> WrongCall:
        arguments = [_USABLE[kind] for kind in kinds]
        arguments[place] = wrong
        return WrongCall(method, kinds[place], tuple(arguments))

    return _UNUSABLE[kinds[place]].map(call)
