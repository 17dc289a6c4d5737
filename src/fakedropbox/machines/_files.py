"""The rules about single files and folders."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from dropbox.files import CommitInfo, ListRevisionsMode, WriteMode
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import BAD_INPUT, Outcome, kind_of
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._entries import Write
from fakedropbox.machines._kernel import Kernel, has_sessions
from fakedropbox.machines._names import fold

_UPLOADS = st.sampled_from(["files_upload", "files_upload", "files_alpha_upload"])
_CREATIONS = st.sampled_from(["files_create_folder_v2", "files_create_folder"])
_DELETIONS = st.sampled_from(["files_delete_v2", "files_delete"])
_MOVES = st.sampled_from(["files_move_v2", "files_move"])
_COPIES = st.sampled_from(["files_copy_v2", "files_copy"])
_LOOKS = st.sampled_from(["files_get_metadata", "files_get_metadata", "files_alpha_get_metadata"])


class FileRules(Kernel):
    """Uploads, relocations, deletions, and reading."""

    # Writing

    @rule(
        path=v.TARGETS, content=v.CONTENTS, mode=v.MODES, rev=v.NTH, modified=v.TIMES,
        autorename=st.booleans(), strict=st.booleans(), method=_UPLOADS,
    )  # fmt: skip
    def upload(
        self,
        path: Any,
        content: bytes,
        mode: str,
        rev: int,
        modified: datetime | None,
        autorename: bool,
        strict: bool,
        method: str = "files_upload",
    ) -> None:
        """`files_upload`, in all modes, also by its old name (F8-13)."""
        path = self._path(path)
        known, real = self._revision_at(path, rev) if mode == "update" else (0, "")
        # No fact tells what a renamed copy of a file that is gone would be.
        autorename = autorename and not (mode == "update" and strict)
        with self._rule("upload") as calls:
            outcome = calls.make(
                method,
                content,
                self._real(path),
                mode=WriteMode.update(real) if mode == "update" else WriteMode(mode),
                autorename=autorename,
                client_modified=modified,
                strict_conflict=strict,
            )
            how = Write(mode, known, autorename, strict, modified)
            self._compare(lambda: self._model.upload(path, content, how), outcome)
            if outcome.chain.startswith("path/"):  # F4-09: the bytes are kept
                session = outcome.result.get_path().upload_session_id
                self._keep_session(self._model.start(content), session)

    @rule(path=v.PATHS, autorename=st.booleans(), method=_CREATIONS)
    def create_folder(
        self, path: str, autorename: bool, method: str = "files_create_folder_v2"
    ) -> None:
        """`files_create_folder_v2`; this and those below also in their first version."""
        with self._rule("create_folder") as calls:
            outcome = calls.make(method, self._real(path), autorename=autorename)
            self._compare(lambda: self._model.create(path, autorename=autorename), outcome)

    @rule(path=v.one_of(v.PLACES, v.PLACES, v.PLACES, v.DOCS), rev=v.GUARDS, method=_DELETIONS)
    def delete(self, path: Any, rev: int | None, method: str = "files_delete_v2") -> None:
        """`files_delete_v2`, also of one revision only."""
        path = self._path(path)
        known, real = (None, None) if rev is None else self._revision_at(path, rev)
        with self._rule("delete") as calls:
            outcome = calls.make(method, self._real(path), parent_rev=real)
            self._compare(lambda: self._model.delete(path, known), outcome)

    @precondition(lambda self: self.strict)
    @rule(path=v.PLACES)
    def permanently_delete(self, path: Any) -> None:
        """`files_permanently_delete`, which is not for personal accounts (F8-06).

        Whether the account is one, only whoever has a strict Dropbox knows.
        """
        path = self._path(path)
        with self._rule("permanently_delete") as calls:
            expect(BAD_INPUT, calls.make("files_permanently_delete", self._real(path)).chain)

    @rule(source=v.PLACES, to=v.TARGETS, autorename=st.booleans(), method=_MOVES)
    def move(self, source: Any, to: Any, autorename: bool, method: str = "files_move_v2") -> None:
        """`files_move_v2`."""
        source, to = self._path(source), self._path(to)
        if not self.strict and self._model.changes_case_only(source, to):
            return  # three answers have been seen (F7-08)
        with self._rule("move") as calls:
            ends = self._real(source), self._real(to)
            outcome = calls.make(method, *ends, autorename=autorename)
            self._compare(lambda: self._model.move(source, to, autorename=autorename), outcome)

    @rule(source=v.PLACES, to=v.TARGETS, autorename=st.booleans(), method=_COPIES)
    def copy(self, source: Any, to: Any, autorename: bool, method: str = "files_copy_v2") -> None:
        """`files_copy_v2`."""
        source, to = self._path(source), self._path(to)
        with self._rule("copy") as calls:
            ends = self._real(source), self._real(to)
            outcome = calls.make(method, *ends, autorename=autorename)
            self._compare(lambda: self._model.copy(source, to, autorename=autorename), outcome)

    @precondition(lambda self: self._model.history)
    @rule(path=v.KNOWN, rev=v.NTH)
    def restore(self, path: Any, rev: int) -> None:
        """`files_restore`."""
        path, (known, real) = self._path(path), self._revision(rev)
        with self._rule("restore") as calls:
            outcome = calls.make("files_restore", self._real(path), real)
            self._compare(lambda: self._model.restore(path, known), outcome)

    # Upload sessions

    @rule(content=v.CONTENTS, close=st.booleans())
    def start_session(self, content: bytes, close: bool) -> None:
        """`files_upload_session_start`."""
        with self._rule("start_session") as calls:
            outcome = calls.make("files_upload_session_start", content, close=close)
            number = self._expected(lambda: self._model.start(content, close=close), outcome)
            self._keep_session(number, outcome.result.session_id)

    @precondition(has_sessions)
    @rule(session=v.SESSIONS, offset=v.OFFSETS, content=v.CONTENTS, close=st.booleans())
    def append(self, session: int, offset: int | None, content: bytes, close: bool) -> None:
        """`files_upload_session_append_v2`."""
        number, cursor = self._session_at(session, offset)
        with self._rule("append") as calls:
            outcome = calls.make("files_upload_session_append_v2", content, cursor, close=close)
            self._expected(
                lambda: self._model.append(number, cursor.offset, content, close=close), outcome
            )

    @precondition(has_sessions)
    @rule(
        session=v.SESSIONS, offset=v.OFFSETS, content=v.CONTENTS, path=v.TARGETS,
        mode=st.sampled_from(["add", "overwrite"]), autorename=st.booleans(),
    )  # fmt: skip
    def finish(
        self,
        session: int,
        offset: int | None,
        content: bytes,
        path: Any,
        mode: str,
        autorename: bool,
    ) -> None:
        """`files_upload_session_finish`."""
        path, (number, cursor) = self._path(path), self._session_at(session, offset)
        commit = CommitInfo(self._real(path), mode=WriteMode(mode), autorename=autorename)
        with self._rule("finish") as calls:
            outcome = calls.make("files_upload_session_finish", content, cursor, commit)
            how = Write(mode, autorename=autorename)
            self._compare(
                lambda: self._model.finish(number, cursor.offset, content, path, how), outcome
            )

    # Reading

    @rule(path=v.READ, include_deleted=st.booleans(), method=_LOOKS)
    def get_metadata(
        self, path: Any, include_deleted: bool, method: str = "files_get_metadata"
    ) -> None:
        """`files_get_metadata`, by path, by id and by revision, also by its old name (F8-13)."""
        path = self._path(path)
        self.settle()
        with self._rule("get_metadata") as calls:
            outcome = calls.make(method, self._real(path), include_deleted=include_deleted)
            entry = self._expected(
                lambda: self._model.at(path, include_deleted=include_deleted), outcome
            )
            if entry is None:
                return
            if path.startswith("rev:") or entry.key in self._model.live:
                self._pairs.check(entry, outcome.result, self.folder)
            else:
                expect("deleted", kind_of(outcome.result))
                expect(fold(self.folder) + entry.key, outcome.result.path_lower)

    @rule(path=v.READ)
    def download(self, path: Any) -> None:
        """`files_download`, by path, by id and by revision."""
        path = self._path(path)
        self.settle()
        with self._rule("download") as calls:
            outcome = calls.make("files_download", self._real(path))
            if outcome.chain:
                self._expected(lambda: self._model.file(path), outcome)
                return
            meta, response = outcome.result
            entry = self._compare(lambda: self._model.file(path), Outcome(meta))
            expect(None if entry is None else entry.content, response.content)

    @rule(path=v.PLACES, by_id=st.booleans(), limit=st.sampled_from([1, 2, 100]))
    def list_revisions(self, path: Any, by_id: bool, limit: int) -> None:
        """`files_list_revisions`, in both modes."""
        path = self._path(path)
        mode = ListRevisionsMode("id" if by_id else "path")
        self.settle()
        with self._rule("list_revisions") as calls:
            outcome = calls.make("files_list_revisions", self._real(path), mode=mode, limit=limit)
            found = self._expected(lambda: self._model.revisions(path, by_id=by_id), outcome)
            if found is not None:
                entries, is_deleted = found
                expect(is_deleted, outcome.result.is_deleted)
                expect(len(entries[:limit]), len(outcome.result.entries))
                for entry, meta in zip(entries, outcome.result.entries, strict=False):
                    self._pairs.check(entry, meta, self.folder)
