"""Strategies for workers with a few operations, which return all that they receive."""

from dropbox import exceptions, files
from hypothesis import strategies as st

from fakedropbox import FakeDropboxService

SEED_FILES = {"/a/x": b"x", "/b/y": b"y"}
PATHS = ["/a", "/b", "/a/x", "/a/x (1)", "/b/y", "/a/new", "/b/new", "/n/1", "/n/2", "/N/1/deep"]

paths = st.sampled_from(PATHS)
OPERATIONS = st.one_of(
    st.tuples(st.just("upload"), paths, st.sampled_from(["add", "overwrite"]), st.booleans()),
    st.tuples(st.just("copy"), paths, paths, st.booleans()),
    st.tuples(st.just("move"), paths, paths, st.booleans()),
    st.tuples(st.just("create"), paths, st.booleans()),
    st.tuples(st.just("delete"), paths),
    st.tuples(st.just("metadata"), paths),
    st.tuples(st.just("download"), paths),
    st.tuples(st.just("list"), st.sampled_from(["", "/a", "/b", "/n"]), st.booleans()),
    st.tuples(st.just("changes"), st.sampled_from(["", "/a", "/b"])),
    st.tuples(st.just("session"), paths),
    st.tuples(st.just("by id")),
)


def programs(workers=2, most=3):
    """Return a strategy for 1 to ``most`` operations per worker; each makes one or two calls."""
    return st.lists(
        st.lists(OPERATIONS, min_size=1, max_size=most), min_size=workers, max_size=workers
    )


def _seen(metadata):
    fields = ("path_display", "id", "rev", "size", "content_hash", "server_modified")
    return type(metadata).__name__, *[str(getattr(metadata, name, None)) for name in fields]


def _calls(dbx, operation, name):  # noqa: C901 -- one branch per operation
    kind, *given = operation
    if kind == "upload":
        path, mode, autorename = given
        meta = dbx.files_upload(
            name, path, mode=getattr(files.WriteMode, mode), autorename=autorename
        )
        yield _seen(meta)
    elif kind in ("copy", "move"):
        source, target, autorename = given
        call = getattr(dbx, f"files_{kind}_v2")
        yield _seen(call(source, target, autorename=autorename).metadata)
    elif kind == "create":
        path, autorename = given
        yield _seen(dbx.files_create_folder_v2(path, autorename=autorename).metadata)
    elif kind == "delete":
        yield _seen(dbx.files_delete_v2(given[0]).metadata)
    elif kind == "metadata":
        yield _seen(dbx.files_get_metadata(given[0]))
    elif kind == "download":
        meta, response = dbx.files_download(given[0])
        yield (*_seen(meta), response.content)
    elif kind == "list":
        path, recursive = given
        yield [*map(_seen, dbx.files_list_folder(path, recursive=recursive).entries)]
    elif kind == "changes":
        cursor = dbx.files_list_folder_get_latest_cursor(given[0], recursive=True).cursor
        yield [*map(_seen, dbx.files_list_folder_continue(cursor).entries)]
    elif kind == "session":
        session = dbx.files_upload_session_start(name).session_id
        cursor = files.UploadSessionCursor(session, len(name))
        yield _seen(dbx.files_upload_session_finish(b"", cursor, files.CommitInfo(given[0])))
    elif kind == "by id":
        meta = dbx.files_upload(name, f"/a/{name.decode()}", mode=files.WriteMode.overwrite)
        yield _seen(dbx.files_get_metadata(meta.id))


def worker(dbx, number, operations):
    """Return a worker that executes operations and returns all that it has received."""
    name = b"w%d" % number

    def work():
        seen = []
        for operation in operations:
            try:
                seen.extend(_calls(dbx, operation, name))
            except exceptions.ApiError as error:
                seen.append(str(error.error))
        return seen

    return work


def workers_of(service, program):
    return [worker(service.client(), number, ops) for number, ops in enumerate(program)]


def new_service(**options):
    return FakeDropboxService(files=SEED_FILES, **options)


def revisions(run):
    """Return everything visible in the outcome of a run, including revisions and ids."""
    tree = run.service.client().files_list_folder("", recursive=True).entries
    with_revs = [_seen(entry) for entry in tree]
    return repr(run.results), repr(sorted(run.service.files.items())), repr(sorted(with_revs))


def has_history(run):
    """A check that succeeds after every run: it asserts that the run has a history."""
    assert run.history


def divide_by_zero(_):
    """A check that fails after every run: it raises `ZeroDivisionError`."""
    return 1 / 0
