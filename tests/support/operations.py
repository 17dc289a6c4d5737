"""Operations as data, and a class that executes them, for property tests with long histories.

An operation may refer to a value that an earlier one returned (an id, a revision, a cursor)
by a number, modulo the number of these values. So a list of operations means the same for two
clients, as long as they return the same.
"""

import warnings
from datetime import datetime, timedelta
from functools import cache
from inspect import signature
from types import SimpleNamespace

from dropbox.exceptions import ApiError, AuthError, BadInputError, HttpError
from dropbox.files import (
    CommitInfo,
    DeleteArg,
    DeletedMetadata,
    FileMetadata,
    FileStatus,
    FolderMetadata,
    GetCopyReferenceResult,
    ImportFormat,
    ListFolderContinueError,
    ListFolderGetLatestCursorResult,
    ListFolderResult,
    ListRevisionsMode,
    LockFileArg,
    RelocationPath,
    SearchOptions,
    UnlockFileArg,
    UploadSessionCursor,
    UploadSessionFinishArg,
    UploadSessionStartResult,
    UploadSessionType,
    WriteMode,
)
from hypothesis import strategies as st
from stone.backends.python_rsrc.stone_validators import ValidationError

# Few names, so that operations often concern the same entry, and some special cases.
PLAIN = ["a", "b", "c", "a (1)"]
CASES = ["A", "B", "\u00e9", "e\u0301", "\u00c9", "\u0130", "i", "I", "\u03a3", "\u03c3", "\u03c2"]
SPECIAL_CASES = [
    *("H\u0331", "\u1e96", "\u212a", "k", "\ua64a", "\ua64b", "\U0001f389", "\u01c5", "\u1e9e"),
    *(
        "",
        ".",
        "..",
        "a ",
        " a",
        "a.",
        "\\",
        "\x7f",
        "\x00",
        "icon\r",
        "desktop.ini",
        "*",
        "\ud800",
    ),
    *("x" * 255, "x" * 256, "a.tar.gz", ".a", "a." + "b" * 253, "a/b/c/d/e"),
]
FILE_DATA = [b"", b"x", b"y", b"longer"]
TIMES = [None, datetime(2001, 2, 3, 4, 5, 6), datetime(2999, 1, 1), datetime(1999, 1, 1)]  # noqa: DTZ001 -- the SDK needs naive datetimes
LIMITS = st.sampled_from([None, 1, 2, 3, 2000])
REFERENCES = st.integers(0, 30)
CHECKS = [
    *("copy_batch_check", "copy_batch_check_v2", "move_batch_check", "move_batch_check_v2"),
    *("create_folder_batch_check", "delete_batch_check", "upload_session_finish_batch_check"),
]

LOCKS = ["lock_file_batch", "lock_file_batch", "unlock_file_batch", "get_file_lock_batch"]


@cache
def names():
    return st.one_of(
        *[st.sampled_from(PLAIN)] * 4,
        *[st.sampled_from(CASES)] * 2,
        st.sampled_from(SPECIAL_CASES),
        st.text(st.characters(max_codepoint=0x2FFF), max_size=3),
    )


@cache
def plain_paths():
    return st.lists(names(), min_size=1, max_size=3).map(lambda parts: "/" + "/".join(parts))


@cache
def targets():
    """Return a strategy for a path, or a reference to an earlier entry and a path below it."""
    below = st.one_of(st.just(""), st.just(""), st.just(""), plain_paths())
    known = st.tuples(st.just("path"), REFERENCES, below)
    return st.one_of(
        plain_paths(),
        known,
        known,
        st.tuples(st.sampled_from(["id", "id", "rev"]), REFERENCES, below),
        st.tuples(st.just("ns"), st.just(0), below),
        st.sampled_from(["", "/", "a", "id:", "id:x", "id:" + "A" * 22, "rev:123456789", "ns:1/a"]),
    )


@cache
def existing():
    """Return a strategy for a target, usually a path that existed at some time."""
    known = st.tuples(st.just("path"), REFERENCES, st.just(""))
    return st.one_of(known, known, known, targets())


def _op(kind, **fields):
    return st.fixed_dictionaries({"kind": st.just(kind), **fields})


def _listing(kind):
    return _op(
        kind,
        path=st.one_of(st.just(""), targets()),
        recursive=st.booleans(),
        include_deleted=st.booleans(),
        limit=LIMITS,
        include_has_explicit_shared_members=st.booleans(),
    )


@cache
def operations():
    """Return a strategy for an operation."""
    modes = st.one_of(st.sampled_from(["add", "overwrite"]), st.tuples(st.just("rev"), REFERENCES))
    revs = st.one_of(st.none(), st.none(), st.tuples(st.just("rev"), REFERENCES))
    upload = _op(
        "upload",
        path=targets(),
        content=st.sampled_from(FILE_DATA),
        mode=modes,
        autorename=st.booleans(),
        strict_conflict=st.booleans(),
        client_modified=st.sampled_from(TIMES),
        mute=st.booleans(),
    )
    move = _op(
        "move", path=existing(), to=st.one_of(plain_paths(), targets()), autorename=st.booleans()
    )
    return st.one_of(
        upload,
        upload,
        _op("create", path=targets(), autorename=st.booleans()),
        _op("delete", path=existing(), rev=revs),
        move,
        move,
        _op("metadata", path=existing(), include_deleted=st.booleans()),
        _op("download", path=existing(), rev=revs),
        _listing("list"),
        _listing("latest"),
        _op("continue", cursor=REFERENCES),
        _op("continue", cursor=REFERENCES),
        *_everyday_operations(),
        st.one_of(_batch_operations()),
        st.one_of(_other_operations()),
        _op("wait", seconds=st.sampled_from([0.000001, 1, 3600])),
    )


def _everyday_operations():
    """Return strategies for copies, revisions, sessions, copy references and reading calls."""
    data, offsets = st.sampled_from(FILE_DATA), st.sampled_from([0, 0, 1, 2, 6, 7])
    begin = _op("start", content=data, close=st.booleans(), concurrent=st.booleans())
    append = _op("append", session=REFERENCES, offset=offsets, content=data, close=st.booleans())
    finish = _op(
        "finish",
        session=REFERENCES,
        offset=offsets,
        content=data,
        path=targets(),
        mode=st.sampled_from(["add", "overwrite"]),
        autorename=st.booleans(),
    )
    copy = _op("copy", path=existing(), to=targets(), autorename=st.booleans())
    readings = [
        _op(
            "revisions",
            path=existing(),
            mode=st.sampled_from(["path", "id"]),
            limit=st.sampled_from([1, 2, 100]),
        ),
        _op("part", path=existing(), byte_range=st.sampled_from(["0-0", "1-", "-1", "5-9", "1-x"])),
        _op("longpoll", cursor=REFERENCES),
        _op("refer", path=existing()),
        _op("usage"),
    ]
    return [
        *(copy, copy, begin, append, append, finish, finish),
        _op("restore", path=existing(), rev=st.tuples(st.just("rev"), REFERENCES)),
        _op("save", reference=REFERENCES, path=targets()),
        st.one_of(readings),
    ]


def _other_operations():
    """Return strategies for search, tags, locks, links, URLs, zips, exports, docs, thumbnails."""
    text = st.sampled_from(["a", "b x", "A", "long", "c 1", ""])
    return [
        _op(
            "search",
            query=text,
            path=st.one_of(st.none(), existing()),
            limit=st.sampled_from([1, 2, 100]),
            deleted=st.booleans(),
        ),
        _op("search", query=text, path=st.none(), limit=st.just(2), deleted=st.just(False)),
        _op("tag", path=existing(), text=st.sampled_from(["x", "Y"])),
        _op("untag", path=existing(), text=st.sampled_from(["x", "Y"])),
        _op("lock", paths=st.lists(existing(), max_size=2), route=st.sampled_from(LOCKS)),
        _op("link", path=existing()),
        _op("bring", path=targets(), content=st.sampled_from(FILE_DATA)),
        _op("save_url", path=targets(), url=st.sampled_from(["https://x", "x"])),
        _op("zip", path=existing()),
        _op("export", path=existing()),
        _op("doc", path=plain_paths().map("{}.paper".format), content=st.sampled_from(FILE_DATA)),
        _op("thumbnail", path=existing()),
    ]


def _batch_operations():
    """Return strategies for batches, and for checks of their jobs."""
    revs = st.one_of(st.none(), st.tuples(st.just("rev"), REFERENCES))
    offsets = st.sampled_from([0, 1, 6])

    def some(*fields):
        return st.lists(st.tuples(*fields), max_size=3)

    return [
        _op(
            "relocate_batch",
            route=st.sampled_from(["copy_batch", "copy_batch_v2", "move_batch", "move_batch_v2"]),
            entries=some(existing(), targets()),
            autorename=st.booleans(),
        ),
        _op(
            "create_batch",
            entries=some(targets()),
            autorename=st.booleans(),
            force_async=st.booleans(),
        ),
        _op("delete_batch", entries=some(existing(), revs)),
        _op(
            "finish_batch",
            route=st.sampled_from(["finish_batch", "finish_batch_v2"]),
            entries=some(REFERENCES, offsets, targets()),
        ),
        _op("check", route=st.sampled_from([None, None, None, *CHECKS]), job=REFERENCES),
        _op("check", route=st.none(), job=REFERENCES),
    ]


def _seen(path, **options):
    arguments = {"recursive": True, "include_deleted": False, "limit": None}
    return {"kind": "list", "path": path, **arguments, **options}


def _written(path, content=b"x"):
    commit = {"mode": "overwrite", "autorename": False, "strict_conflict": False}
    other = {"client_modified": None, "mute": False}
    return {"kind": "upload", "path": path, "content": content, **commit, **other}


PRELUDES = [
    [],
    [_seen("")],
    [_written("/a/b/c"), _written("/a/A"), _seen("", include_deleted=True), _seen("/a", limit=1)],
    [_written("/a/b"), _seen(""), {"kind": "delete", "path": "/a", "rev": None}, _written("/b/b")],
]


def histories(max_size=25):
    """Return a strategy for lists of operations, half of which begin by creating files."""
    rest = st.lists(operations(), max_size=max_size)
    return st.tuples(st.sampled_from(PRELUDES), rest).map(lambda both: [*both[0], *both[1]])


class Actor:
    """A client that executes operations, and the values that it has received."""

    def __init__(self, dbx, service):
        self.dbx = dbx
        self.service = service
        self.known = SimpleNamespace(
            id=[], rev=[], path=[], cursor=[], session=[], reference=[], job=[]
        )

    def do(self, op):
        """Execute an operation and return its result or its error in a form that can be compared.

        The result does not contain cursors, which differ even if everything else is equal.
        """
        try:
            result = getattr(self, f"_{op['kind']}")(op)
        except ApiError as error:
            return type(error), error.error, error.user_message_text
        except AuthError as error:
            return type(error), error.error
        except BadInputError as error:
            cursors = self.known.cursor
            message = error.message
            for cursor in cursors:
                message = message.replace(cursor, "<cursor>")
            return type(error), message
        except (ValidationError, TypeError, HttpError) as error:
            return type(error), getattr(error, "status_code", str(error))
        self._learn(result)
        if isinstance(result, ListFolderResult):
            return result.entries, result.has_more
        return None if isinstance(result, ListFolderGetLatestCursorResult) else result

    def state(self):
        """Return entries, data, tags and a search of the account; start again after a `reset`."""
        while True:
            try:
                return self._state()
            except ApiError as error:
                if not (
                    isinstance(error.error, ListFolderContinueError) and error.error.is_reset()
                ):
                    raise

    def _state(self):
        page = self.dbx.files_list_folder("", recursive=True, include_deleted=True, limit=7)
        entries = list(page.entries)
        while page.has_more:
            page = self.dbx.files_list_folder_continue(page.cursor)
            entries += page.entries
        data = [
            self._content(entry.path_lower)
            for entry in entries
            if isinstance(entry, FileMetadata) and entry.is_downloadable
        ]
        living = [entry.path_lower for entry in entries if not isinstance(entry, DeletedMetadata)]
        tags = [self._tags(path) for path in living]
        found = self.dbx.files_search_v2("a").matches
        return entries, data, tags, found, self.service.files, self.service.tree()

    def _tags(self, path):
        try:
            return self.dbx.files_tags_get([path])
        except ApiError as error:  # a listing that lags shows deleted entries
            return error.error
        except BadInputError as error:  # an app with an app folder may not call this
            return error.message

    def _content(self, path):
        try:
            return self.dbx.files_download(path)[1].content
        except ApiError as error:  # a listing that lags shows deleted entries
            return error.error

    def _learn(self, result):
        metas = getattr(result, "entries", [getattr(result, "metadata", result)])
        for meta in metas:
            if isinstance(meta, (FileMetadata, FolderMetadata)):
                self.known.id.append(meta.id)
            if isinstance(meta, FileMetadata):
                self.known.rev.append(meta.rev)
            if isinstance(meta, (FileMetadata, FolderMetadata, DeletedMetadata)):
                self.known.path += [meta.path_lower, meta.path_display]
        if hasattr(result, "cursor"):
            self.known.cursor.append(result.cursor)
        if isinstance(result, UploadSessionStartResult):
            self.known.session.append(result.session_id)
        if isinstance(result, GetCopyReferenceResult):
            self.known.reference.append(result.copy_reference)

    def _known(self, kind, number, default):
        known = getattr(self.known, kind)
        return known[number % len(known)] if known else default

    def _path(self, target):
        if isinstance(target, str):
            return target
        kind, number, below = target
        if kind == "id":
            return self._known("id", number, "id:" + "A" * 22) + below
        if kind == "path":
            return self._known("path", number, "/a") + below
        if kind == "rev":
            return "rev:" + self._known("rev", number, "123456789")
        account = self.service.accounts.default
        return f"ns:{account.namespace_id}{below}"

    def _rev(self, reference):
        return None if reference is None else self._known("rev", reference[1], "123456789")

    def _upload(self, op):
        mode = op["mode"]
        return self.dbx.files_upload(
            op["content"],
            self._path(op["path"]),
            mode=WriteMode(mode) if isinstance(mode, str) else WriteMode.update(self._rev(mode)),
            autorename=op["autorename"],
            strict_conflict=op["strict_conflict"],
            client_modified=op["client_modified"],
            mute=op["mute"],
        )

    def _create(self, op):
        return self.dbx.files_create_folder_v2(self._path(op["path"]), autorename=op["autorename"])

    def _delete(self, op):
        return self.dbx.files_delete_v2(self._path(op["path"]), parent_rev=self._rev(op["rev"]))

    def _move(self, op):
        source, target = self._path(op["path"]), self._path(op["to"])
        return self.dbx.files_move_v2(source, target, autorename=op["autorename"])

    def _metadata(self, op):
        path = self._path(op["path"])
        return self.dbx.files_get_metadata(path, include_deleted=op["include_deleted"])

    def _download(self, op):
        meta, response = self.dbx.files_download(self._path(op["path"]), rev=self._rev(op["rev"]))
        self._learn(meta)
        assert len(response.content) == meta.size
        return meta, response.status_code, response.content, response.headers["Etag"]

    def _list(self, op, call="files_list_folder"):
        options = {key: op[key] for key in op if key not in ("kind", "path")}
        return getattr(self.dbx, call)(self._path(op["path"]), **options)

    def _latest(self, op):
        return self._list(op, "files_list_folder_get_latest_cursor")

    def _continue(self, op):
        return self.dbx.files_list_folder_continue(self._known("cursor", op["cursor"], "garbage"))

    def _copy(self, op):
        source, target = self._path(op["path"]), self._path(op["to"])
        return self.dbx.files_copy_v2(source, target, autorename=op["autorename"])

    def _revisions(self, op):
        mode = ListRevisionsMode(op["mode"])
        return self.dbx.files_list_revisions(self._path(op["path"]), mode=mode, limit=op["limit"])

    def _restore(self, op):
        return self.dbx.files_restore(self._path(op["path"]), self._rev(op["rev"]))

    def _start(self, op):
        kind = UploadSessionType("concurrent" if op["concurrent"] else "sequential")
        return self.dbx.files_upload_session_start(
            op["content"], close=op["close"], session_type=kind
        )

    def _session(self, op):
        return UploadSessionCursor(self._known("session", op["session"], "none"), op["offset"])

    def _append(self, op):
        return self.dbx.files_upload_session_append_v2(
            op["content"], self._session(op), close=op["close"]
        )

    def _finish(self, op):
        commit = CommitInfo(
            self._path(op["path"]), mode=WriteMode(op["mode"]), autorename=op["autorename"]
        )
        return self.dbx.files_upload_session_finish(op["content"], self._session(op), commit)

    def _part(self, op):
        path, headers = self._path(op["path"]), {"Range": f"bytes={op['byte_range']}"}
        if "extra_headers" not in signature(self.dbx.files_download).parameters:
            return None  # the oldest supported SDK has no such argument
        meta, response = self.dbx.files_download(path, extra_headers=headers)
        return meta, response.status_code, response.content, response.headers.get("Content-Range")

    def _longpoll(self, op):
        cursor = self._known("cursor", op["cursor"], "garbage")
        return self.dbx.files_list_folder_longpoll(cursor)

    def _refer(self, op):
        return self.dbx.files_copy_reference_get(self._path(op["path"]))

    def _save(self, op):
        reference = self._known("reference", op["reference"], "none")
        return self.dbx.files_copy_reference_save(reference, self._path(op["path"]))

    def _usage(self, _op):
        return self.dbx.users_get_space_usage()

    def _call(self, route, *args, **options):
        """Call a route, without a warning if the SDK declares it deprecated."""
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            return getattr(self.dbx, f"files_{route}")(*args, **options)

    def _launch(self, route, *args, **options):
        """Launch a batch, and remember its job with the route that checks it."""
        result = self._call(route, *args, **options)
        if getattr(result, "is_async_job_id", bool)():
            name, version, _ = route.partition("_v2")
            check = f"{name}_check{version}"
            self.known.job.append((check, result.get_async_job_id()))
        return result

    def _relocate_batch(self, op):
        ends = [RelocationPath(*map(self._path, both)) for both in op["entries"]]
        return self._launch(op["route"], ends, autorename=op["autorename"])

    def _create_batch(self, op):
        paths = [self._path(path) for (path,) in op["entries"]]
        options = {"autorename": op["autorename"], "force_async": op["force_async"]}
        return self._launch("create_folder_batch", paths, **options)

    def _delete_batch(self, op):
        args = [DeleteArg(self._path(path), self._rev(rev)) for path, rev in op["entries"]]
        return self._launch("delete_batch", args)

    def _finish_batch(self, op):
        args = [
            UploadSessionFinishArg(
                UploadSessionCursor(self._known("session", number, "none"), offset),
                CommitInfo(self._path(path)),
            )
            for number, offset, path in op["entries"]
        ]
        return self._launch(f"upload_session_{op['route']}", args)

    def _check(self, op):
        own, job = self._known("job", op["job"], (CHECKS[0], "none"))
        return self._call(op["route"] or own, job)

    def _search(self, op):
        path = None if op["path"] is None else self._path(op["path"])
        status = FileStatus("deleted" if op["deleted"] else "active")
        options = SearchOptions(path=path, max_results=op["limit"], file_status=status)
        page = self.dbx.files_search_v2(op["query"], options)
        matches = list(page.matches)
        while page.has_more:
            page = self.dbx.files_search_continue_v2(page.cursor)
            matches += page.matches
        return matches

    def _tag(self, op):
        return self.dbx.files_tags_add(self._path(op["path"]), op["text"])

    def _untag(self, op):
        return self.dbx.files_tags_remove(self._path(op["path"]), op["text"])

    def _lock(self, op):
        arg = UnlockFileArg if op["route"] == "unlock_file_batch" else LockFileArg
        call = getattr(self.dbx, f"files_{op['route']}")
        return call([arg(self._path(path)) for path in op["paths"]])

    def _link(self, op):
        found = self.dbx.files_get_temporary_link(self._path(op["path"]))
        content = self.service.session().get(found.link).content
        return found.metadata, content, self._same_link(found.link)

    def _bring(self, op):
        info = CommitInfo(self._path(op["path"]))
        link = self.dbx.files_get_temporary_upload_link(info).link
        headers = {"Content-Type": "application/octet-stream"}
        reply = self.service.session().post(link, data=op["content"], headers=headers)
        return reply.status_code, reply.text, self._same_link(link)

    def _same_link(self, link):
        return link.rpartition("/")[0]

    def _save_url(self, op):
        self.service.web = {"https://x": b"from x"}
        result = self.dbx.files_save_url(self._path(op["path"]), op["url"])
        self.known.job.append(("save_url_check_job_status", result.get_async_job_id()))
        return result

    def _zip(self, op):
        result, response = self.dbx.files_download_zip(self._path(op["path"]))
        return result, response.content

    def _export(self, op):
        result, response = self.dbx.files_export(self._path(op["path"]), "html")
        return result, response.content

    def _doc(self, op):
        return self.dbx.files_paper_create(op["content"], op["path"], ImportFormat.html)

    def _thumbnail(self, op):
        return self.dbx.files_get_thumbnail(self._path(op["path"]))[0]

    def _wait(self, op):
        self.service.clock.advance(op["seconds"])
        return timedelta(seconds=op["seconds"])
