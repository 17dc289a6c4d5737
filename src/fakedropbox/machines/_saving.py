"""The rule about saving what is at a URL (F5-09)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from hypothesis.stateful import rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Calls, Outcome, chain
from fakedropbox.machines._entries import Refused
from fakedropbox.machines._kernel import Kernel

_NO_URL, _NOWHERE = "a", "https://nobody.invalid/"


class SavingRules(Kernel):
    """Contents come from the web."""

    urls: ClassVar[Mapping[str, bytes]] = {}
    """What the client's Dropbox finds at some URLs; without any, only what fails is tried."""

    @rule(number=v.NTH, path=v.one_of(v.PATHS, v.PATHS, v.KNOWN))
    def save_url(self, number: int, path: Any) -> None:
        """`files_save_url` and `files_save_url_check_job_status`."""
        urls = [*self.urls, _NOWHERE, _NO_URL]
        path, url = self._path(path), urls[number % len(urls)]
        content, why = self.urls.get(url), ["download_failed", "invalid_url"]
        if url == _NO_URL:
            del why[0]
        if content is not None and self._is_taken(path, content):
            return  # no fact tells what comes of that
        with self._rule("save_url") as calls:
            outcome = self._saved(calls, self._real(path), url)
            self._compare(lambda: self._model.save_from(content, path, why), outcome)

    def _is_taken(self, path: str, content: bytes) -> bool:
        """Whether there is something else already."""
        try:
            return self._model.at(path).content != content
        except Refused:
            return False

    def _saved(self, calls: Calls, path: str, url: str) -> Outcome:
        """What came of the job, or of its launch."""
        launched = calls.make("files_save_url", path, url)
        if launched.chain:
            return launched
        status = launched.result
        if status.is_async_job_id():
            status = self._finished(calls, "files_save_url_check_job_status", status)
        if status.is_complete():
            return Outcome(status.get_complete())
        return Outcome(status, chain(status).removeprefix("failed/"))
