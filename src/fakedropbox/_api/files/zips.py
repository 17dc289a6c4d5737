"""Folders as ZIP archives, for `download_zip` and for the pages of shared links (F5-04)."""

from __future__ import annotations

import io
import zipfile

from fakedropbox._api.files.metadata import moment
from fakedropbox._facts.limits import ZIP_BYTES, ZIP_ENTRIES, ZIP_FILE_BYTES
from fakedropbox._files.blobs import Blob
from fakedropbox._files.cloud_docs import exports_of
from fakedropbox._files.nodes import File, Folder, Node
from fakedropbox._files.places import View
from fakedropbox._files.tree import everything_below
from fakedropbox.errors import RouteError

_FIRST_YEAR, _LAST_YEAR = 1980, 2107  # the range of years in a ZIP archive
_NAME_BYTES = 0xFFFF  # the longest name in a ZIP archive


def zipped(view: View, top: Folder, above: str) -> Blob:
    """Return a folder as a ZIP archive, without files that can only be exported (a guess).

    The names in the archive are relative to the path ``above``.

    Raises:
        RouteError: ``too_many_files`` or ``too_large``.
    """
    nodes = list(everything_below(top))
    if len(nodes) >= ZIP_ENTRIES:
        raise RouteError("too_many_files")
    sizes = [node.blob.size for node in nodes if isinstance(node, File)]
    if sum(sizes) >= ZIP_BYTES or max(sizes, default=0) >= ZIP_FILE_BYTES:
        raise RouteError("too_large")
    named = [
        (_name(seen.paths(node)[1][len(above) + 1 :], node), node)
        for seen, node in view.each(nodes)
    ]
    if max(len(name.encode()) for name, _ in named) > _NAME_BYTES:
        raise RouteError("too_large")  # a guess
    return Blob(b"", _archive(named))


def _name(path: str, node: Node) -> str:
    """Return the name of a file or folder in a ZIP archive."""
    return f"{path}/" if isinstance(node, Folder) else path


def _archive(nodes: list[tuple[str, Node]]) -> bytes:
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
