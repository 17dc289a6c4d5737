"""Context managers that plant one small change each into the double.

Most were written by somebody who had not read `DropboxMachine`; the functions were drawn at random
from the modules of files and of properties. A bug is a piece of a function's source, and the wrong
text that replaces it; only the last one replaces a pattern.
"""

import ast
import inspect
import re
import textwrap
from collections.abc import Callable
from contextlib import AbstractContextManager, contextmanager
from typing import NamedTuple
from unittest.mock import patch

from dropbox import Dropbox
from dropbox.files import ListRevisionsArg

from fakedropbox._api.files import (
    batch,
    commits,
    create_delete,
    list_folder,
    metadata,
    read,
    relocate,
    upload_session,
)
from fakedropbox._api.files import revisions as revision_routes
from fakedropbox._files import (
    across,
    copying,
    locks,
    nodes,
    paths,
    places,
    properties,
    revisions,
    search,
    sessions,
    store,
    tags,
    tree,
)

DETAIL_BUGS = {}


class Planted(NamedTuple):
    """A context manager that plants a bug, and the names of rules that suffice to find it."""

    plant: Callable[[], AbstractContextManager[None]]
    rules: set[str]


def edited(function, right, wrong):
    """Return the code of a function in whose source one piece is replaced."""
    source = textwrap.dedent(inspect.getsource(function))
    assert source.count(right) == 1, f"{function.__qualname__}: expected once {right!r}"
    module = ast.parse(source.replace(right, wrong))
    module.body[0].decorator_list = []  # else `route` would register it again
    future = ast.parse("from __future__ import annotations").body
    made = {}
    exec(  # noqa: S102 -- the source is our own
        compile(ast.Module([*future, *module.body], []), inspect.getfile(function), "exec"),
        function.__globals__,
        made,
    )
    return made[function.__name__].__code__


def bug(name, rules, function, right, wrong):
    """Register a bug: in a function, ``wrong`` stands in place of ``right``.

    ``rules`` are names of rules that suffice to find it.
    """

    @contextmanager
    def planted():
        code = function.__code__
        paths.split.cache_clear()
        paths.remembered_names.cache_clear()
        function.__code__ = edited(function, right, wrong)
        try:
            yield
        finally:
            function.__code__ = code
            paths.split.cache_clear()
            paths.remembered_names.cache_clear()

    DETAIL_BUGS[name] = Planted(planted, {*rules.split()})


bug(
    "files in a copied folder get the present time",
    "copy pass_time",
    copying._copied,
    "node.blob, node.client_modified",
    "node.blob, node.client_modified if folder is top else None",
)
bug(
    "a copy reference to a revision is one to the file",
    "upload get_old_reference save_reference delete",
    relocate.get_reference,
    "add(name, node, past,",
    "add(name, node, None,",
)
bug(
    "the time of a deletion is rounded up",
    "delete list_revisions",
    revisions._deleted_at,
    "tomb.number // SECOND",
    "-(-tomb.number // SECOND)",
)
bug(
    "a rewritten file keeps its place in a listing",
    "upload",
    nodes.by_rev,
    "entry.rev if isinstance(entry, File) else entry.number",
    "entry.number",
)
bug(
    "an unknown extension is that of a document",
    "upload search_filtered",
    search.category_of,
    '(extension, "others")',
    '(extension, "document")',
)
bug(
    "lower-cased names are not composed again",
    "create_folder",
    paths.fold,
    'lower(text) if text.isascii() else unicodedata.normalize("NFC", lower(text))',
    "lower(text)",
)
bug(
    "a removed template takes all properties of a node",
    "give_properties other_template",
    properties.Templates.remove,
    "_without(groups, [template_id])",
    "None",
)
bug(
    "a strict update of a missing file creates it",
    "upload",
    store.FileStore.write,
    'elif commit.mode != "update" or not commit.strict_conflict:',
    "else:",
)
bug(
    "a past revision has the present name",
    "move upload list_revisions",
    metadata.file_metadata,
    "        shown.name,",
    "        file.name,",
)
bug(
    "every word of a query may be a beginning",
    "upload_text search_filtered",
    search._Look._first_word,
    "if self._is_beginning(index, field):",
    "if field == 0:",
)
bug(
    "a write below an unknown id is disallowed",
    "upload delete",
    commits.as_write,
    "/malformed_path",
    "/disallowed_name",
)
bug(
    "a moved or deleted folder leaves no tombstones of folders in it",
    "move delete",
    store.FileStore._add_tombstones,
    "if not tomb.passing:",
    "if not tomb.passing and (tomb is tombs[0] or isinstance(tomb.node, File)):",
)
bug(
    "a client_modified in the future is cut",
    "upload_dated",
    store.FileStore._times,
    "return now, client_modified\n",
    "return now, min(client_modified, now)\n",
)
bug(
    "a download with a rev ignores the path",
    "upload download_by_rev",
    read._whole,
    'place_at(call, path, field="path", tag="path")',
    "pass",
)
bug(
    "one matching word makes a match by name",
    "upload_text search_filtered",
    search._Look._match,
    "all(found) for found",
    "any(found) for found",
)
bug(
    "folders have extensions",
    "create_folder search_filtered",
    search._is_wanted,
    "if isinstance(node, File) else None",
    'if isinstance(node, File) or "." in node.key else None',
)
bug(
    "a listing by id forgets that the folder was moved",
    "create_folder move_listed",
    list_folder._listing,
    "number=None if node is None else node.number",
    "number=None",
)
bug(
    "a file that was moved away counts as deleted",
    "move list_revisions",
    revisions.of_file,
    "if is_deleted and tomb is not None",
    "if tomb is not None",
)
bug(
    "the first year of client_modified is refused",
    "upload_dated",
    commits.wanted,
    "modified.year < _FIRST_YEAR",
    "modified.year <= _FIRST_YEAR",
)
bug(
    "a folder in a newer one is listed before it",
    "create_folder move",
    across.Across._key_of,
    "max(youngest, folder.number)",
    "folder.number",
)
bug(
    "a restored file needs no room",
    "delete fill_up",
    store.FileStore.revive,
    "self._check_room(place, blob.size)",
    "pass",
)
bug(
    "a restored file keeps the case of its name",
    "upload delete restore_deleted",
    store.FileStore.revive,
    "place.parts[-1]",
    "Name(file.name, file.key) if file.key == place.parts[-1].key else place.parts[-1]",
)
if hasattr(Dropbox, "files_upload_session_append_batch"):  # the oldest supported SDK lacks it
    bug(
        "an empty last piece of a batch does not close",
        "upload_batch",
        upload_session.append_batch,
        "close=entry.close",
        "close=entry.close and bool(data)",
    )
bug(
    "the length of a property is that of its text",
    "give_long_property",
    properties.Templates.checked,
    "_bytes(value) >",
    "len(value) >",
)
bug(
    "autorename skips a name that is free again",
    "rename_again",
    tree.Tree.take,
    "parent.taken.clear()",
    "pass",
)
if hasattr(ListRevisionsArg, "before_rev"):  # the oldest supported SDK lacks it
    bug(
        "the revisions before one contain it",
        "upload revisions_before",
        revision_routes.list_revisions,
        "version.rev < end",
        "version.rev <= end",
    )
bug(
    "a second lock replaces the first",
    "lock pass_time",
    locks.lock_file,
    "if tree.locks.get(file) is None:",
    "if True:",
)
bug(
    "a copied folder needs no room",
    "copy_folder_when_full",
    copying.copy,
    "size_of(nodes)",
    "_size(nodes[:1])",
)
bug(
    "a tag is removed only in lower case",
    "tag untag",
    tags.remove_tag,
    "lower(text)",
    "text",
)
bug(
    "the guard of a deletion is ignored for a folder",
    "delete",
    create_delete._check_deletion,
    """if not isinstance(node, File):
            raise RouteError("path_write/conflict/folder", fact="F8-04")
        if view""",
    "if isinstance(node, File) and view",
)
bug(
    "an older batch keeps what it did before a refusal",
    "relocate_all",
    batch._relocate_all,
    "undo.back_to(before)",
    "pass",
)
bug(
    "a closed session takes a last piece",
    "start_session finish",
    sessions.UploadSessions.complete,
    "session.closed and data and not session.concurrent",
    "False",
)
bug(
    "of two groups of a template the last counts",
    "give_properties_twice",
    properties.Templates.checked,
    "if template_id in found:",
    "if False:",
)
bug(
    "an outdated update is renamed like another upload",
    "upload",
    store.FileStore.write,
    'is_copy=commit.mode == "update"',
    "is_copy=False",
)
# These were written later, in place of bugs that no caller of the Python SDK could see.
bug(
    "a name has one character less",
    "create_at_border",
    paths._name,
    "len(shown) > NAME_CHARACTERS",
    "len(shown) >= NAME_CHARACTERS",
)
bug(
    "only some temporary names are refused",
    "create_at_border",
    paths.is_temporary,
    '(key[1:2] == "$" or key.endswith(".tmp"))',
    'key.endswith(".tmp")',
)
bug(
    "a node has one tag more",
    "tag_to_limit",
    tags.add_tag,
    "len(tags) == TAGS",
    "len(tags) > TAGS",
)
bug(
    "an update of properties drops the others",
    "give_properties set_one_property",
    properties.updated,
    "{**dict(groups[key]), **dict(fields)}",
    "dict(fields)",
)


def _namespace():
    return patch.object(places, "_NAMESPACE", re.compile(r"ns:([0-9]+)(/.*)", re.DOTALL))


DETAIL_BUGS["a namespace without a path is not found"] = Planted(_namespace, {"by_namespace"})
