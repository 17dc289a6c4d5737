"""Hypothesis rules for data in forms other than a plain download: ZIPs, exports, thumbnails."""

from __future__ import annotations

from base64 import b64decode
from io import BytesIO
from typing import Any
from zipfile import ZipFile, is_zipfile

from dropbox.files import PathOrLink, ThumbnailArg, WriteMode
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.machines import _values as v
from fakedropbox.machines._calls import Calls, Outcome, outcome_of
from fakedropbox.machines._comparison import NO_ID, expect
from fakedropbox.machines._entries import Entry, Refused, Write, refuse
from fakedropbox.machines._example import Example
from fakedropbox.machines._kernel import Kernel
from fakedropbox.machines._names import fold, is_doc

_THUMBNAILS = ["files_get_thumbnail", "files_get_thumbnail_batch", "files_get_thumbnail_v2"]
_NO_FORM = {
    "files_export": "non_exportable",
    "files_get_preview": "unsupported_extension",
    **dict.fromkeys(_THUMBNAILS, "unsupported_extension"),
}
"""The refusals of a file that is neither a picture nor a document (F5-05, F5-06)."""

_PNG = bytes.fromhex(
    "89504e470d0a1a0a0000000d49484452000000010000000108000000003a7e9b55"
    "0000000a49444154789c636000000002000148afa4710000000049454e44ae426082"
)
_JPEG = b"\xff\xd8\xff"


@rule(path=v.PLACES)
def download_zip(machine: Kernel, path: Any) -> None:
    """Call `files_download_zip`; compare all files and, in the strict mode, folders (F5-04)."""
    example = machine.example
    path = example.path(path)
    machine.settle()
    with example.rule("download_zip") as calls:
        outcome = calls.make("files_download_zip", example.real(path))
        if outcome.chain:
            example.expected(lambda: example.model.tree.folder(path), outcome)
            return
        about, response = outcome.result
        top = example.compare(
            lambda: example.model.tree.at(example.model.tree.folder(path)), Outcome(about)
        )
        if top is None:
            return
        parent = top.key.rpartition("/")[0]
        expected = {
            key.removeprefix(f"{parent}/") + "/" * (entry.content is None): entry.content or b""
            for key, entry in example.model.tree.listed(top.key, recursive=True).items()
            if not is_doc(key)
        }
        expect(True, is_zipfile(BytesIO(response.content)))
        with ZipFile(BytesIO(response.content)) as archive:
            found = {fold(name): archive.read(name) for name in archive.namelist()}
            expect(len(found), len(archive.namelist()))
        if not example.strict:
            expected, found = _only_files(expected), _only_files(found)
        expect(expected, found)


@rule(path=v.one_of(v.READ, v.PICTURES, v.PICTURES), method=st.sampled_from(sorted(_NO_FORM)))
def other_form(machine: Kernel, path: Any, method: str) -> None:
    """Call `files_export`, `files_get_preview`, or a thumbnail route; most calls are refused."""
    example = machine.example
    path = example.path(path)
    machine.settle()
    with example.rule("other_form") as calls:
        outcome = _in_form(calls, method, example.real(path))
        start = example.expected(lambda: _in_other_form(example, path, method), outcome)
        if start is not None:
            meta, content = outcome.result
            example.compare(lambda: example.model.tree.file(path), Outcome(meta))
            expect(start, content[: len(start)])


def _in_other_form(example: Example, path: str, method: str) -> bytes:
    """Return the first bytes of a file's thumbnail; exports and previews are refused."""
    try:
        file = example.model.tree.file(path)
    except Refused as refused:
        raise Refused(*refused.args, _NO_FORM[method]) from None
    if method not in _THUMBNAILS:
        raise Refused(_NO_FORM[method])
    return thumbnail_of(file)


def thumbnail_of(file: Entry) -> bytes:
    """Return the first bytes of the thumbnail of a file (F5-06)."""
    if not file.key.endswith(".png"):
        raise Refused(_NO_FORM["files_get_thumbnail_v2"])
    refuse([] if file.content == _PNG else ["unsupported_image", "conversion_error"])
    return _JPEG


@precondition(lambda machine: machine.pictures)
@rule(path=v.PICTURES, content=st.sampled_from([_PNG, _PNG, b"x"]))
def upload_picture(machine: Kernel, path: str, content: bytes) -> None:
    """Call `files_upload` with a real picture, or with data that is not a picture."""
    example = machine.example
    with example.rule("upload_picture") as calls:
        mode = "overwrite"
        outcome = calls.make("files_upload", content, example.real(path), mode=WriteMode(mode))
        example.compare(lambda: example.model.tree.upload(path, content, Write(mode)), outcome)


def _in_form(calls: Calls, method: str, path: str) -> Outcome:
    """Call a route for another form of a file; the result is the metadata and the data."""
    if method == "files_get_thumbnail_batch":
        answer = calls.make(method, [ThumbnailArg(path), ThumbnailArg(NO_ID)])
        expect("", answer.chain)
        expect(2, len(answer.result.entries))
        outcome, none = map(outcome_of, answer.result.entries)
        expect("path/not_found", none.chain)
        if outcome.chain:
            return outcome
        return Outcome((outcome.result.metadata, b64decode(outcome.result.thumbnail)))
    arg = PathOrLink.path(path) if method == "files_get_thumbnail_v2" else path
    outcome = calls.make(method, arg)
    if outcome.chain:
        return outcome
    about, response = outcome.result
    return Outcome((getattr(about, "file_metadata", about), response.content))


def _only_files(contents: dict[str, bytes]) -> dict[str, bytes]:
    return {name: content for name, content in contents.items() if not name.endswith("/")}
