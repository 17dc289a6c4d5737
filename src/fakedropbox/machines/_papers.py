"""The rules about Paper docs among the files."""

from __future__ import annotations

import re
from functools import partial
from typing import Any, ClassVar

from dropbox.files import ImportFormat, PaperDocUpdatePolicy
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Outcome
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._entries import Entry, Refused
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import fold, words_of

_TAG = re.compile("<[^>]*>")
_FORMS = {"html": "<p>{}</p>", "plain_text": "{}"}
_POLICIES = ["append", "overwrite", "prepend", "update"]
_WORDS = st.sampled_from(["one", "two"])
_NO_REVISION = 0
"""The one that no doc has: they begin with 1."""
_IMPORTS = st.sampled_from(sorted(_FORMS))


class PaperRules(Kernel):
    """Docs are made, changed and exported; only their words are compared."""

    papers: ClassVar[bool] = True
    """Whether to make any: no recording tells what their revisions and their exports are."""

    def __init__(self) -> None:
        super().__init__()
        self._doc_revisions: dict[int, int] = {}

    @precondition(lambda self: self.papers)
    @rule(path=v.DOCS, word=_WORDS, form=_IMPORTS)
    def create_doc(self, path: Any, word: str, form: str) -> None:
        """`files_paper_create`."""
        path = self._path(path)
        with self._rule("create_doc") as calls:
            content = _FORMS[form].format(word).encode()
            outcome = calls.make(
                "files_paper_create", content, self._real(path), ImportFormat(form)
            )
            doc = self._expected(lambda: self._model.create_doc(path, word.encode()), outcome)
            if doc is not None:
                self._pairs.pair("id", doc.id, outcome.result.file_id)
                expect(fold(self.folder) + doc.key, fold(outcome.result.result_path))
                self._doc_revisions[doc.id] = outcome.result.paper_revision

    @precondition(lambda self: self._model.docs())
    @rule(
        path=v.DOCS, word=_WORDS, form=_IMPORTS, policy=st.sampled_from(_POLICIES),
        is_late=st.booleans(),
    )  # fmt: skip
    def update_doc(self, path: Any, word: str, form: str, policy: str, is_late: bool) -> None:
        """`files_paper_update`: words in place of what is there, before it or after it."""
        path = self._path(path)
        told = self._doc_revision(path)
        is_late = policy == "update" and (is_late or told == _NO_REVISION)
        revision = told - 1 if is_late and told != _NO_REVISION else told
        with self._rule("update_doc") as calls:
            outcome = calls.make(
                "files_paper_update",
                _FORMS[form].format(word).encode(),
                self._real(path),
                ImportFormat(form),
                PaperDocUpdatePolicy(policy),
                paper_revision=revision if policy == "update" else None,
            )
            doc = self._expected(partial(self._changed, path, word, policy, is_late), outcome)
            if doc is not None:
                before = self._doc_revisions.get(doc.id, 0)
                expect(True, before < outcome.result.paper_revision)
                self._doc_revisions[doc.id] = outcome.result.paper_revision

    @precondition(lambda self: self._model.docs())
    @rule(path=v.DOCS)
    def export_doc(self, path: Any) -> None:
        """`files_export` of a doc."""
        path = self._path(path)
        self.settle()
        with self._rule("export_doc") as calls:
            outcome = calls.make("files_export", self._real(path))
            if outcome.chain:
                self._expected(partial(self._exported, path), outcome)
                return
            result, response = outcome.result
            doc = self._compare(partial(self._exported, path), Outcome(result.file_metadata))
            if doc is not None and doc.content is not None:
                words = words_of(_TAG.sub(" ", response.content.decode()))
                expect(doc.content.decode().split(), words)

    def _changed(self, path: str, word: str, policy: str, is_late: bool) -> Entry:
        doc = self._model.doc(path)
        if is_late:
            raise Refused("revision_mismatch")
        assert doc.content is not None
        new = word.encode()
        if policy == "append":
            new = doc.content + b" " + new
        elif policy == "prepend":
            new = new + b" " + doc.content
        return self._model.rewrite(doc, new)

    def _exported(self, path: str) -> Entry:
        try:
            return self._model.doc(path)
        except Refused as refused:
            is_plain = refused.args == ("path/unsupported_content_type",)
            raise Refused(*(["non_exportable"] if is_plain else refused.args)) from None

    def _doc_revision(self, path: str) -> int:
        """The revision of the doc at a path that an answer told last; none tells that of a copy."""
        try:
            return self._doc_revisions.get(self._model.doc(path).id, _NO_REVISION)
        except Refused:
            return _NO_REVISION
