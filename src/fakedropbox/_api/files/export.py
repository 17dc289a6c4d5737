"""Downloads in a converted format: `download_zip` and `export` (F5-04, F5-05)."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from dropbox import files

from fakedropbox._api.files.metadata import file_metadata, metadata_of, moment
from fakedropbox._api.files.places import at_rev, file_at, node_at, view_of
from fakedropbox._api.files.ranges import wanted_range
from fakedropbox._api.registry import missing, route
from fakedropbox._facts.limits import ZIP_BYTES, ZIP_ENTRIES, ZIP_FILE_BYTES
from fakedropbox._files.blobs import Blob, content_hash
from fakedropbox._files.cloud_docs import exports_of
from fakedropbox._files.nodes import File, Folder, Node
from fakedropbox._files.paper import exported, revision_of
from fakedropbox.calls import Call, Reply
from fakedropbox.errors import RouteError

_FIRST_YEAR, _LAST_YEAR = 1980, 2107  # the range of years in a ZIP archive
_NAME_BYTES = 0xFFFF  # of a name in a ZIP archive


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
    nodes = list(view.tree.subtree(top))
    if len(nodes) >= ZIP_ENTRIES:
        raise RouteError("too_many_files")
    sizes = [node.blob.size for node in nodes if isinstance(node, File)]
    if sum(sizes) >= ZIP_BYTES or max(sizes, default=0) >= ZIP_FILE_BYTES:
        raise RouteError("too_large")
    parent = view.tree.paths(top)[1].rpartition("/")[0]
    named = [(_name(view.tree.paths(node)[1][len(parent) + 1 :], node), node) for node in nodes]
    if max(len(name.encode()) for name, _ in named) > _NAME_BYTES:
        raise RouteError("too_large")  # a guess
    content = _zipped(named)
    return Reply(files.DownloadZipResult(metadata_of(view, top)), Blob(b"", content))


def _name(path: str, node: Node) -> str:
    """Return the name of a file or folder in a ZIP archive."""
    return f"{path}/" if isinstance(node, Folder) else path


def _zipped(nodes: list[tuple[str, Node]]) -> bytes:
    made = io.BytesIO()
    with zipfile.ZipFile(made, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, node in nodes:
            if isinstance(node, File):
                if exports_of(node.key) is None:
                    archive.writestr(_entry(name, node.client_modified), node.blob.read())
            else:
                archive.writestr(_entry(name, 0), b"")
    return made.getvalue()


def _entry(name: str, modified: int) -> zipfile.ZipInfo:
    time = moment(modified)
    year = min(max(time.year, _FIRST_YEAR), _LAST_YEAR)
    entry = zipfile.ZipInfo(name, (year, *time.timetuple()[1:6]))
    entry.compress_type = zipfile.ZIP_DEFLATED
    return entry


@route(files.export)
def export(call: Call, arg: Any) -> Reply:
    """Return a file that cannot be downloaded, converted to one of its export formats."""
    view = view_of(call)
    file, past = file_at(call, arg.path)
    meta = file_metadata(view, file, past)
    exports = exports_of(meta.path_lower)
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
