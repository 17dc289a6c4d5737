"""The rules about listings and what old cursors tell."""

from __future__ import annotations

from typing import Any, NamedTuple

from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.clock import SystemClock
from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Calls, kind_of
from fakedropbox.machines._comparison import Mirror, Mismatch, Row, expect, page_after_page
from fakedropbox.machines._entries import Refused
from fakedropbox.machines._kernel import Kernel, nth
from fakedropbox.machines._names import fold


class Known(NamedTuple):
    """A cursor, and what a client knows that has applied everything up to it.

    ``changes`` is how many there had been, unless the first listing had not come to its end.
    """

    cursor: str
    mirror: Mirror
    changes: int | None


class ListingRules(Kernel):
    """Listings in pages, and from any cursor on."""

    def __init__(self) -> None:
        super().__init__()
        self._cursors: list[Known] = []

    def _begun(self) -> None:
        self._keep_latest_cursor("", recursive=True, include_deleted=False, limit=None)

    @rule(
        path=v.FOLDERS, recursive=st.booleans(),
        include_deleted=st.booleans(), limit=v.LIMITS, to_end=v.TO_END,
    )  # fmt: skip
    def list_folder(
        self, path: Any, recursive: bool, include_deleted: bool, limit: int | None, to_end: bool
    ) -> None:
        """`files_list_folder`: the first page, or all of them."""
        path = self._path(path)
        self.settle()
        with self._rule("list_folder") as calls:
            outcome = calls.make(
                "files_list_folder",
                self._real(path),
                recursive=recursive,
                include_deleted=include_deleted,
                limit=limit,
            )
            top = self._expected(lambda: self._model.folder(path.removesuffix("/")), outcome)
            if top is None:
                return
            mirror = Mirror(path.removesuffix("/"), recursive=recursive, limit=limit)
            pages = self._pages(calls, mirror, outcome.result, to_end=to_end)
            if pages[-1].has_more:
                return
            entries = [meta for page in pages for meta in self._inside(page.entries)]
            for meta in entries:
                self._check_current(meta)
            if include_deleted:
                gone = {meta.path_lower for meta in entries if kind_of(meta) == "deleted"}
                deleted = self._model.deleted(top, recursive=recursive)
                expect({fold(self.folder) + key for key in deleted}, gone)
            if self.strict and not recursive:
                self._check_order(entries)

    @precondition(lambda self: self._cursors)
    @rule(cursor=v.NTH, to_end=v.TO_END)
    def list_folder_continue(self, cursor: int, to_end: bool) -> None:
        """`files_list_folder_continue` from any cursor: the next page, or all of them."""
        known = nth(self._cursors, cursor, None)
        assert known is not None
        self.settle()
        with self._rule("list_folder_continue") as calls:
            outcome = calls.make("files_list_folder_continue", known.cursor)
            if outcome.chain == "reset" and not self.strict:
                return  # the listing has to be begun anew
            top = self._expected(lambda: self._model.folder(known.mirror.path), outcome)
            if top is None:
                return
            pages = self._pages(calls, known.mirror.copy(), outcome.result, to_end=to_end)
            if self.strict and known.changes is not None:
                paths = [meta.path_lower for page in pages for meta in page.entries]
                expect(sorted(set(paths)), sorted(paths))  # F6.2-05
                if known.changes == self._model.changes:
                    expect([], paths)  # F6.2-10, F6.2-11
            if self.strict:
                for page in pages:
                    for meta in self._inside(page.entries):
                        self._check_current(meta)

    @precondition(lambda self: self._cursors)
    @rule(cursor=v.NTH)
    def longpoll(self, cursor: int) -> None:
        """`files_list_folder_longpoll`, but for one that would take real time to find no news."""
        known = nth(self._cursors, cursor, None)
        assert known is not None
        self.settle()
        try:
            top = self._model.folder(known.mirror.path)
        except Refused:
            return
        rows = self._rows(top, recursive=known.mirror.recursive)
        is_news = rows != known.mirror.below(fold(self.folder) + top)
        if known.changes is None and not self.strict:
            return  # no fact tells whether the rest of a first listing is news
        if not is_news and (not self.strict or known.changes != self._model.changes):
            return  # there and back again may be news, or not
        if not is_news and isinstance(self._clock, SystemClock):
            return
        with self._rule("longpoll") as calls:
            outcome = calls.make("files_list_folder_longpoll", known.cursor)
            if outcome.chain != "reset" or self.strict:
                expect("", outcome.chain)
                expect(is_news, outcome.result.changes)

    @rule(
        path=v.FOLDERS, recursive=st.booleans(), limit=v.LIMITS,
        include_deleted=st.booleans(),
    )  # fmt: skip
    def get_latest_cursor(
        self, path: Any, recursive: bool, limit: int | None, include_deleted: bool
    ) -> None:
        """`files_list_folder_get_latest_cursor`."""
        self._keep_latest_cursor(
            self._path(path), recursive=recursive, include_deleted=include_deleted, limit=limit
        )

    def _keep_latest_cursor(
        self, path: str, *, recursive: bool, include_deleted: bool, limit: int | None
    ) -> None:
        self.settle()
        with self._rule("get_latest_cursor") as calls:
            outcome = calls.make(
                "files_list_folder_get_latest_cursor",
                self._real(path),
                recursive=recursive,
                include_deleted=include_deleted,
                limit=limit,
            )
            path = path.removesuffix("/")
            top = self._expected(lambda: self._model.folder(path), outcome)
            if top is None:
                return
            mirror = Mirror(path, recursive=recursive, limit=limit)
            mirror.rows = self._rows(top, recursive=recursive)
            self._cursors.append(Known(outcome.result.cursor, mirror, self._model.changes))

    def _pages(self, calls: Calls, mirror: Mirror, page: Any, *, to_end: bool) -> list[Any]:
        """A page and, if asked for, all after it; each leaves a cursor to come back to."""
        pages = [page]
        for _ in page_after_page():
            mirror.apply(self._inside(page.entries))
            if self.strict and mirror.limit is not None and len(page.entries) > mirror.limit:
                raise Mismatch(f"expected at most {mirror.limit} entries, got {len(page.entries)}")
            changes = None if page.has_more else self._model.changes
            self._cursors.append(Known(page.cursor, mirror.copy(), changes))
            if not page.has_more:
                top = self._model.folder(mirror.path)
                expect(
                    self._rows(top, recursive=mirror.recursive),
                    mirror.below(fold(self.folder) + top),
                )
            if not page.has_more or not to_end:
                break
            outcome = calls.make("files_list_folder_continue", page.cursor)
            if outcome.chain == "reset" and not self.strict:
                break  # as far as they came
            expect("", outcome.chain)
            page = outcome.result
            pages.append(page)
        return pages

    def _inside(self, entries: list[Any]) -> list[Any]:
        """The entries without the machine's own folder."""
        return [meta for meta in entries if not self.folder or meta.path_lower != fold(self.folder)]

    def _rows(self, top: str, *, recursive: bool) -> dict[str, Row]:
        """What a client that has seen everything knows of a folder."""
        return {
            fold(self.folder) + key: Row(
                "folder" if entry.content is None else "file",
                self._pairs.real("id", entry.id, ""),
                self._pairs.real("rev", entry.rev, ""),
            )
            for key, entry in self._model.listed(top, recursive=recursive).items()
        }

    def _check_current(self, meta: Any) -> None:
        """An entry of a listing tells what is there now."""
        entry = self._model.live.get(meta.path_lower.removeprefix(fold(self.folder)))
        if entry is None:
            expect("deleted", kind_of(meta))
        else:
            self._pairs.check(entry, meta, self.folder)

    def _check_order(self, entries: list[Any]) -> None:
        """Folders before files, each in the order in which they were made (not yet F6.1-01)."""
        for kind in ("folder", "file"):
            ids = [self._pairs.number("id", meta.id) for meta in entries if kind_of(meta) == kind]
            expect(sorted(ids), ids)
        kinds = [kind_of(meta) for meta in entries]
        expect(sorted(kinds, key=["folder", "file", "deleted"].index), kinds)
