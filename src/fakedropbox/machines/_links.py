"""The rules about temporary links, which lead out and in (F5-08, F4.1-12)."""

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


class LinkRules(Kernel):
    """What is at a link to fetch from, and what comes of one to bring a content to."""

    @rule(path=v.READ)
    def temporary_link(self, path: Any) -> None:
        """`files_get_temporary_link`."""
        path = self._path(path)
        self.settle()
        with self._rule("temporary_link") as calls:
            outcome = calls.make("files_get_temporary_link", self._real(path))
            entry = self._compare(lambda: self._model.file(path), outcome)
            if entry is not None:
                reply = self._reply(partial(calls.follow, self.fetch, outcome.result.link))
                expect((True, entry.content), (reply.ok, reply.content))

    @rule(
        path=v.TARGETS, content=v.CONTENTS, mode=st.sampled_from(["add", "overwrite"]),
        autorename=st.booleans(),
    )  # fmt: skip
    def upload_link(self, path: Any, content: bytes, mode: str, autorename: bool) -> None:
        """`files_get_temporary_upload_link`: what fails shows at the link, which works once."""
        path = self._path(path)
        with self._rule("upload_link") as calls:
            commit = CommitInfo(self._real(path), mode=WriteMode(mode), autorename=autorename)
            outcome = calls.make("files_get_temporary_upload_link", commit)
            expect("", outcome.chain)
            bring = partial(calls.follow, self.fetch, outcome.result.link, content)
            reply = self._reply(bring)
            try:
                self._model.upload(path, content, Write(mode, autorename=autorename))
            except Refused:
                expect(_FAILED, reply.status_code)
            else:
                told = reply.json() if reply.ok else f"{reply.status_code} {reply.text}"
                expect({"content-hash": content_hash(content)}, told)
                expect(_GONE, self._reply(bring).status_code)
