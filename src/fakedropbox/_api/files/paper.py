"""Paper docs stored as files: `paper/create` and `paper/update`."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

from dropbox import files

from fakedropbox._api.files.metadata import file_metadata
from fakedropbox._api.files.places import node_at, place_at, view_of
from fakedropbox._api.registry import route
from fakedropbox._api.structs import tag_of
from fakedropbox._facts import hosts
from fakedropbox._files.blobs import Spool, content_hash
from fakedropbox._files.nodes import File
from fakedropbox._files.paper import imported, is_paper, revision_of
from fakedropbox._files.places import Place
from fakedropbox._files.store import Commit
from fakedropbox.calls import Call
from fakedropbox.errors import RouteError

_NEW = Commit(autorename=True, strict_conflict=True)
_OVERWRITE = Commit(mode="overwrite")


@route(files.paper_create)
def paper_create(call: Call, arg: Any) -> Any:
    """Create a doc; if its path is taken, the new doc gets another name."""
    try:
        place = place_at(call, arg.path, field="path", tag="path")
    except RouteError:
        raise RouteError("invalid_path") from None
    if not is_paper(place.parts[-1].key):
        raise RouteError("invalid_file_extension")
    html = _imported(call, arg)
    try:
        file = _write(call, place, html, _NEW)
    except RouteError as error:
        raise RouteError("invalid_path") from error
    view = view_of(call)
    view.tree.paper_revisions.set(file, 1)
    meta = file_metadata(view, file)
    token = call.world.chance.token("paper", 12)
    url = f"{hosts.SITE}/scl/fi/{token}/{quote(meta.name)}?dl=0"
    return files.PaperCreateResult(url, meta.path_display, meta.id, 1)


@route(files.paper_update)
def paper_update(call: Call, arg: Any) -> Any:
    """Replace a doc's content, or add to its beginning or end."""
    tree = view_of(call).tree
    file = node_at(call, arg.path, field="path", tag="path")
    if not isinstance(file, File):
        raise RouteError("path/not_file")
    if not is_paper(file.key):
        raise RouteError("path/unsupported_content_type")
    revision, policy = revision_of(tree, file), tag_of(arg.doc_update_policy)
    if policy == "update" and arg.paper_revision != revision:
        raise RouteError("revision_mismatch")
    html, before = _imported(call, arg), ""
    if policy in ("prepend", "append"):
        before = file.blob.read().decode(errors="replace")
    html = before + html if policy == "append" else html + before
    place = place_at(call, view_of(call).of(file).tree.id_text(file), field="path", tag="path")
    try:
        _write(call, place, html, _OVERWRITE)
    except RouteError as error:  # another one, such as that of a full account, has no tag here
        if error.tags == "no_write_permission":
            raise RouteError("insufficient_permissions", fact="O4.6-05") from None
        raise
    tree.paper_revisions.set(file, revision + 1)
    return files.PaperUpdateResult(revision + 1)


def _imported(call: Call, arg: Any) -> str:
    if isinstance(call.content, Spool):
        raise RouteError("doc_length_exceeded")
    return imported(call.content or b"", tag_of(arg.import_format))


def _write(call: Call, place: Place, html: str, how: Commit) -> File:
    content = html.encode()
    return call.world.files.write(place, content_hash(content), content, how)
