"""Hypothesis rules for Paper docs; of their content only the words are compared."""

from __future__ import annotations

import re
from functools import partial
from typing import Any

from dropbox.files import ImportFormat, PaperDocUpdatePolicy
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Outcome
from fakedropbox.machines._comparison import expect
from fakedropbox.machines._entries import Entry, Refused
from fakedropbox.machines._example import Example
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import fold, words_of

_TAG = re.compile("<[^>]*>")
_FORMS = {"html": "<p>{}</p>", "plain_text": "{}"}
_POLICIES = ["append", "overwrite", "prepend", "update"]
_WORDS = st.sampled_from(["one", "two"])
_NO_REVISION = 0
"""A revision that no doc has: revisions begin with 1."""
_IMPORTS = st.sampled_from(sorted(_FORMS))


class DocRevisions:
    """The latest revision of each doc that a response has contained, by the doc's number."""

    def __init__(self) -> None:
        self.latest: dict[int, int] = {}


@precondition(lambda machine: machine.papers)
@rule(path=v.DOCS, word=_WORDS, form=_IMPORTS)
def create_doc(machine: Kernel, path: Any, word: str, form: str) -> None:
    """Call `files_paper_create`."""
    example = machine.example
    path = example.path(path)
    with example.rule("create_doc") as calls:
        content = _FORMS[form].format(word).encode()
        outcome = calls.make("files_paper_create", content, example.real(path), ImportFormat(form))
        doc = example.expected(lambda: example.model.docs.create(path, word.encode()), outcome)
        if doc is not None:
            example.pairs.pair("id", doc.id, outcome.result.file_id)
            expect(fold(example.folder) + doc.key, fold(outcome.result.result_path))
            example.notes(DocRevisions).latest[doc.id] = outcome.result.paper_revision


@precondition(lambda machine: machine.example.model.docs.keys())
@rule(
    path=v.DOCS, word=_WORDS, form=_IMPORTS, policy=st.sampled_from(_POLICIES),
    is_late=st.booleans(),
)  # fmt: skip
def update_doc(
    machine: Kernel, path: Any, word: str, form: str, policy: str, is_late: bool
) -> None:
    """Call `files_paper_update`, with words that replace, precede or follow the current ones."""
    example = machine.example
    path = example.path(path)
    latest = _doc_revision(example, path)
    is_late = policy == "update" and (is_late or latest == _NO_REVISION)
    revision = latest - 1 if is_late and latest != _NO_REVISION else latest
    with example.rule("update_doc") as calls:
        outcome = calls.make(
            "files_paper_update",
            _FORMS[form].format(word).encode(),
            example.real(path),
            ImportFormat(form),
            PaperDocUpdatePolicy(policy),
            paper_revision=revision if policy == "update" else None,
        )
        doc = example.expected(partial(_changed, example, path, word, policy, is_late), outcome)
        if doc is not None:
            before = example.notes(DocRevisions).latest.get(doc.id, _NO_REVISION)
            expect(True, before < outcome.result.paper_revision)
            example.notes(DocRevisions).latest[doc.id] = outcome.result.paper_revision


@precondition(lambda machine: machine.example.model.docs.keys())
@rule(path=v.DOCS)
def export_doc(machine: Kernel, path: Any) -> None:
    """Call `files_export` of a doc."""
    example = machine.example
    path = example.path(path)
    machine.settle()
    with example.rule("export_doc") as calls:
        outcome = calls.make("files_export", example.real(path))
        if outcome.chain:
            example.expected(partial(_exported, example, path), outcome)
            return
        result, response = outcome.result
        doc = example.compare(partial(_exported, example, path), Outcome(result.file_metadata))
        if doc is not None and doc.content is not None:
            words = words_of(_TAG.sub(" ", response.content.decode()))
            expect(doc.content.decode().split(), words)


def _changed(example: Example, path: str, word: str, policy: str, is_late: bool) -> Entry:
    doc = example.model.docs.at(path)
    if is_late:
        raise Refused("revision_mismatch")
    assert doc.content is not None
    new = word.encode()
    if policy == "append":
        new = doc.content + b" " + new
    elif policy == "prepend":
        new = new + b" " + doc.content
    return example.model.docs.rewrite(doc, new)


def _exported(example: Example, path: str) -> Entry:
    try:
        return example.model.docs.at(path)
    except Refused as refused:
        is_plain = refused.args == ("path/unsupported_content_type",)
        raise Refused(*(["non_exportable"] if is_plain else refused.args)) from None


def _doc_revision(example: Example, path: str) -> int:
    """Return the latest revision of a doc that a response contained, or `_NO_REVISION`."""
    latest = example.notes(DocRevisions).latest
    try:
        return latest.get(example.model.docs.at(path).id, _NO_REVISION)
    except Refused:
        return _NO_REVISION
