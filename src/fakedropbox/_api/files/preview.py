"""Previews of files: `get_preview`, and `get_thumbnail` in all its versions (F5-06)."""

from __future__ import annotations

import base64
from typing import Any

from dropbox import files

from fakedropbox._api.files.metadata import file_metadata
from fakedropbox._api.files.places import file_at, refuse_app, view_of
from fakedropbox._api.files.ranges import wanted_range
from fakedropbox._api.refusals import failure_object
from fakedropbox._api.registry import route
from fakedropbox._api.sharing.link_access import item_in, opened
from fakedropbox._api.sharing.link_metadata import is_owner
from fakedropbox._api.structs import tag_of, without_passwords
from fakedropbox._facts.limits import THUMBNAILS
from fakedropbox._files.blobs import Blob, content_hash
from fakedropbox._files.nodes import File
from fakedropbox._files.paths import fold
from fakedropbox._files.search import extension_of
from fakedropbox._files.thumbnails import Wanted, thumbnail
from fakedropbox._files.tree import tree_of
from fakedropbox.calls import Call, Reply
from fakedropbox.errors import RouteError


@route(files.get_preview)
def get_preview(call: Call, arg: Any) -> Reply:
    """Return the preview of a document as PDF or HTML."""
    from fakedropbox._files.previews import preview  # late, as few programs need previews

    meta, blob = _file(call, arg.path if arg.rev is None else f"rev:{arg.rev}")
    return _reply(call, meta, preview(_extension(meta), meta.name, blob))


@route(files.get_thumbnail)
def get_thumbnail(call: Call, arg: Any) -> Reply:
    """Return a thumbnail of an image."""
    meta, content = _thumbnail(call, arg)
    return _reply(call, meta, content)


@route(files.get_thumbnail_v2, shown=without_passwords)
def get_thumbnail_v2(call: Call, arg: Any) -> Reply:
    """Return a thumbnail of an image, which may be one that a shared link leads to (S5-29)."""
    # The oldest supported SDK lacks `preserve_transparency`.
    keeps = getattr(arg, "preserve_transparency", False)
    if keeps and arg.format.is_jpeg():
        raise RouteError("unsupported_output_format")
    if arg.resource.is_link():
        result, name, blob = _linked_file(call, arg.resource.get_link())
    else:
        refuse_app(call)
        meta, blob = _file(call, arg.resource.get_path())
        result, name = files.PreviewResult(file_metadata=meta), meta.name
    wanted = Wanted(tag_of(arg.format), tag_of(arg.size), tag_of(arg.mode), keeps)
    return _reply(call, result, thumbnail(extension_of(fold(name)), blob, wanted))


def _linked_file(call: Call, wanted: Any) -> tuple[Any, str, Blob]:
    """Return the result for a file that a link leads to, with its name and content (S5-29)."""
    try:
        link = opened(call, wanted.url, wanted.password)
        file = item_in(link, wanted.path)
    except RouteError as error:
        raise RouteError(error.tags.removeprefix("shared_link_"), fact="S5-29") from None
    if not isinstance(file, File):
        raise RouteError("path/not_file", fact="S5-29")
    tree = tree_of(file)
    meta = files.MinimalFileLinkMetadata(link.url, tree.rev_text(file.rev))
    meta.id = tree.id_text(file)
    if is_owner(call, link):
        meta.path = view_of(call).paths(file)[1]
    return files.PreviewResult(link_metadata=meta), file.name, file.blob


@route(files.get_thumbnail_batch, entries="entries")
def get_thumbnail_batch(call: Call, arg: Any) -> Any:
    """Return thumbnails of several images; each entry succeeds or fails on its own (F5-07)."""
    if len(arg.entries) > THUMBNAILS:
        raise RouteError("too_many_files")
    results = []
    for entry in arg.entries:
        try:
            meta, content = _thumbnail(call, entry)
        except RouteError as error:
            failure = failure_object(files.ThumbnailError_validator, error)
            results.append(files.GetThumbnailBatchResultEntry.failure(failure))
        else:
            text = base64.b64encode(content).decode()
            data = files.GetThumbnailBatchResultData(meta, text)
            results.append(files.GetThumbnailBatchResultEntry.success(data))
    return files.GetThumbnailBatchResult(results)


def _thumbnail(call: Call, arg: Any) -> tuple[Any, bytes]:
    meta, blob = _file(call, arg.path)
    wanted = Wanted(tag_of(arg.format), tag_of(arg.size), tag_of(arg.mode))
    return meta, thumbnail(_extension(meta), blob, wanted)


def _extension(meta: Any) -> str:
    return extension_of(fold(meta.name))


def _file(call: Call, path: str) -> tuple[Any, Blob]:
    """Return the metadata and the content of a file."""
    file, past = file_at(call, path)
    return file_metadata(view_of(call), file, past), (past or file).blob


def _reply(call: Call, result: Any, content: bytes) -> Reply:
    return wanted_range(call, Reply(result, Blob(content_hash(content), content)))
