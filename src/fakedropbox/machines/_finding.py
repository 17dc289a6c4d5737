"""The rules about searching, by names (F8-11)."""

from __future__ import annotations

from typing import Any

from dropbox.files import SearchOptions
from hypothesis import strategies as st
from hypothesis.stateful import rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Calls
from fakedropbox.machines._comparison import Mismatch, expect
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import fold

_QUERIES = st.sampled_from(["a", "b", "A", "ab", "a.txt", "\u00c9", "a 1"])
_PAGES = 1000


class FindingRules(Kernel):
    """Searches, with all their pages."""

    @rule(query=_QUERIES, scope=v.FOLDERS, limit=st.sampled_from([1, 2, 100]))
    def search(self, query: str, scope: Any, limit: int) -> None:
        """`files_search_v2` and `files_search_continue_v2`.

        Dropbox promises neither that all is found nor that it is there still, so that is
        expected of a strict one only.
        """
        scope = self._path(scope).removesuffix("/")
        self.settle()
        with self._rule("search") as calls:
            options = SearchOptions(self._real(scope), max_results=limit, filename_only=True)
            outcome = calls.make("files_search_v2", query, options)
            expected = self._expected(lambda: self._model.found(query, scope), outcome)
            if expected is None:
                return
            found = {
                meta.path_lower.removeprefix(fold(self.folder)): meta
                for meta in self._matches(calls, outcome.result)
            }
            if not self.strict:
                expect(set(), found.keys() - self._model.live.keys() - self._model.gone.keys())
                return
            expect(sorted(expected), sorted(found))
            for key, meta in found.items():
                self._pairs.check(self._model.live[key], meta, self.folder)

    def _matches(self, calls: Calls, page: Any) -> list[Any]:
        """The metadata on a page and on all after it."""
        found: list[Any] = []
        for _ in range(_PAGES):
            found += [match.metadata.get_metadata() for match in page.matches]
            if not page.has_more:
                return found
            outcome = calls.make("files_search_continue_v2", page.cursor)
            expect("", outcome.chain)
            page = outcome.result
        raise Mismatch(f"expected an end, got more than {_PAGES} pages")
