"""Hypothesis rules for temporary links, for downloads and for uploads (F5-08, F4.1-12)."""

from __future__ import annotations

from functools import partial
from typing import Any

from dropbox.files import CommitInfo, WriteMode
from hypothesis import strategies as st
from hypothesis.stateful import rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._comparison import content_hash, expect
from fakedropbox.machines._entries import Refused, Write
from fakedropbox.machines._kernel import Kernel

_FAILED, _GONE = 409, 410


@rule(path=v.READ)
def temporary_link(machine: Kernel, path: Any) -> None:
    """Call `files_get_temporary_link`."""
    example = machine.example
    path = example.path(path)
    machine.settle()
    with example.rule("temporary_link") as calls:
        outcome = calls.make("files_get_temporary_link", example.real(path))
        entry = example.compare(lambda: example.model.tree.file(path), outcome)
        if entry is not None:
            reply = example.reply(partial(calls.follow, machine.fetch, outcome.result.link))
            expect((True, entry.content), (reply.ok, reply.content))


@rule(
    path=v.TARGETS, content=v.CONTENTS, mode=st.sampled_from(["add", "overwrite"]),
    autorename=st.booleans(),
)  # fmt: skip
def upload_link(machine: Kernel, path: Any, content: bytes, mode: str, autorename: bool) -> None:
    """Call `files_get_temporary_upload_link`; errors come from the link, which works once."""
    example = machine.example
    path = example.path(path)
    with example.rule("upload_link") as calls:
        commit = CommitInfo(example.real(path), mode=WriteMode(mode), autorename=autorename)
        outcome = calls.make("files_get_temporary_upload_link", commit)
        expect("", outcome.chain)
        send = partial(calls.follow, machine.fetch, outcome.result.link, content)
        reply = example.reply(send)
        try:
            example.model.tree.upload(path, content, Write(mode, autorename=autorename))
        except Refused:
            expect(_FAILED, reply.status_code)
        else:
            body = reply.json() if reply.ok else f"{reply.status_code} {reply.text}"
            expect({"content-hash": content_hash(content)}, body)
            expect(_GONE, example.reply(send).status_code)
