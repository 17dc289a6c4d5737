"""Downloads in a converted format: `download_zip` and `export` (F5-04, F5-05)."""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._api.files.metadata import file_metadata, metadata_of
from fakedropbox._api.files.places import at_rev, file_at, node_at, view_of
from fakedropbox._api.files.ranges import wanted_range
from fakedropbox._api.files.zips import zipped
from fakedropbox._api.registry import missing, route
from fakedropbox._files.blobs import Blob, content_hash
from fakedropbox._files.cloud_docs import exports_of
from fakedropbox._files.nodes import Folder
from fakedropbox._files.paper import exported, revision_of
from fakedropbox._files.paths import fold
from fakedropbox.calls import Call, Reply
from fakedropbox.errors import RouteError


@route(files.download_zip)
def download_zip(call: Call, arg: Any) -> Reply:
    """Return a folder as a ZIP archive, without files that can only be exported (a guess)."""
    view = view_of(call)
    if arg.path.startswith("rev:"):
        at_rev(call, arg.path[4:])
        raise RouteError("path/not_folder")
    top = node_at(call, arg.path, field="path", tag="path")
    if not isinstance(top, Folder):
        raise RouteError("path/not_folder")
    parent = view.paths(top)[1].rpartition("/")[0]
    return Reply(files.DownloadZipResult(metadata_of(view, top)), zipped(view, top, parent))


@route(files.export)
def export(call: Call, arg: Any) -> Reply:
    """Return a file that cannot be downloaded, converted to one of its export formats."""
    view = view_of(call)
    file, past = file_at(call, arg.path)
    meta = file_metadata(view, file, past)
    exports = exports_of(fold(meta.name))
    if exports is None:
        raise RouteError("non_exportable")
    form = exports.default if arg.export_format is None else arg.export_format
    if form not in exports.extensions:
        raise RouteError("invalid_export_format")
    source = (past or file).blob.read()
    revision = None
    if exports.default == "html":
        content = exported(source.decode(errors="replace"), form)
        revision = revision_of(view.tree, file)
    elif exports.default == "url":
        content = source
    else:
        raise missing(call.name, "the export of a Google document")
    digest = content_hash(content)
    about = files.ExportMetadata(
        name=f"{meta.name.rpartition('.')[0]}.{exports.extensions[form]}",
        size=len(content),
        export_hash=digest.hex(),
        paper_revision=revision,
    )
    return wanted_range(call, Reply(files.ExportResult(about, meta), Blob(digest, content)))
