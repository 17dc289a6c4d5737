"""The rules about contents in another form than a download: links, ZIPs, exports, pictures."""

from __future__ import annotations

from io import BytesIO
from typing import Any
from zipfile import ZipFile

from hypothesis import strategies as st
from hypothesis.stateful import rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Outcome
from fakedropbox.machines._comparison import Mismatch, expect
from fakedropbox.machines._entries import Refused
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import fold

_BUSY = 429
_BROKEN = 500
_PAUSE = 1.0
_NO_FORM = {
    "files_export": "non_exportable",
    "files_get_preview": "unsupported_extension",
    "files_get_thumbnail": "unsupported_extension",
}
"""What the routes say of a file such as all of the machine's are (F5-05, F5-06)."""


class OtherFormRules(Kernel):
    """What is in a file or folder, by other ways than `download`."""

    @rule(path=v.READ)
    def temporary_link(self, path: Any) -> None:
        """`files_get_temporary_link`, and what is at that link (F5-08)."""
        path = self._path(path)
        self.settle()
        with self._rule("temporary_link") as calls:
            outcome = calls.make("files_get_temporary_link", self._real(path))
            entry = self._compare(lambda: self._model.file(path), outcome)
            if entry is not None:
                expect(entry.content, self._fetched(outcome.result.link))

    @rule(path=v.PLACES)
    def download_zip(self, path: Any) -> None:
        """`files_download_zip`: every file, and of a strict one every folder, too (F5-04)."""
        path = self._path(path)
        self.settle()
        with self._rule("download_zip") as calls:
            outcome = calls.make("files_download_zip", self._real(path))
            if outcome.chain:
                self._expected(lambda: self._model.folder(path), outcome)
                return
            about, response = outcome.result
            top = self._compare(lambda: self._model.at(self._model.folder(path)), Outcome(about))
            if top is None:
                return
            parent = top.key.rpartition("/")[0]
            expected = {
                key.removeprefix(f"{parent}/") + "/" * (entry.content is None): entry.content or b""
                for key, entry in self._model.listed(top.key, recursive=True).items()
            }
            with ZipFile(BytesIO(response.content)) as archive:
                found = {fold(name): archive.read(name) for name in archive.namelist()}
                expect(len(found), len(archive.namelist()))
            if not self.strict:
                expected, found = _only_files(expected), _only_files(found)
            expect(expected, found)

    @rule(path=v.READ, method=st.sampled_from(sorted(_NO_FORM)))
    def no_such_form(self, path: Any, method: str) -> None:
        """`files_export`, `files_get_preview`, `files_get_thumbnail`: why not."""
        path = self._path(path)
        self.settle()
        with self._rule("no_such_form") as calls:
            outcome = calls.make(method, self._real(path))
            self._expected(lambda: self._refuse_form(path, _NO_FORM[method]), outcome)

    def _refuse_form(self, path: str, chain: str) -> None:
        try:
            self._model.file(path)
        except Refused as refused:
            raise Refused(*refused.args, chain) from None
        raise Refused(chain)

    def _fetched(self, link: str) -> bytes:
        for _ in range(self.tries):
            reply = self.fetch(link)
            if reply.status_code != _BUSY and reply.status_code < _BROKEN:
                expect(True, reply.ok)
                content: bytes = reply.content
                return content
            self.pause(_PAUSE)
        raise Mismatch(
            f"expected a content at the link, got {reply.status_code} {self.tries} times"
        )


def _only_files(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in contents.items() if not name.endswith("/")}
