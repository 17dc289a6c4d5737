"""Tests that schedules of calls of shared links are reduced, and that no outcome is lost by it."""

import pytest
from dropbox.exceptions import ApiError
from dropbox.files import SharedLink, WriteMode
from dropbox.sharing import LinkAudience, SharedLinkSettings
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.small_scenarios import SEED_FILES, has_history

from fakedropbox import FakeDropboxService
from fakedropbox.simulate import _footprints, _link_footprints, interleavings

pytestmark = pytest.mark.filterwarnings("ignore::DeprecationWarning")  # of deprecated routes

PATHS = ["/a", "/a/x", "/b", "/b/y", "/a/new"]
NOBODY = SharedLinkSettings(audience=LinkAudience.no_one)


def new_service():
    """Return a service, the URLs of links to the folder /a and its file, and another account."""
    service = FakeDropboxService(files=SEED_FILES, plan="pro")
    dbx = service.client()
    made = [dbx.sharing_create_shared_link_with_settings(path) for path in ("/a", "/a/x")]
    return service, [link.url for link in made], service.accounts.create("other@example.com")


SERVICE, URLS, OTHER = new_service()
paths, urls = st.sampled_from(PATHS), st.sampled_from(range(len(URLS)))
OPERATIONS = st.one_of(
    st.tuples(st.just("create"), paths),
    st.tuples(st.just("old create"), paths),
    st.tuples(st.just("list"), st.sampled_from([None, *PATHS])),
    st.tuples(st.sampled_from(["metadata", "file", "hide", "revoke", "folder"]), urls),
    st.tuples(st.just("upload"), paths),
    st.tuples(st.just("move"), paths, paths),
    st.tuples(st.just("delete"), paths),
    st.tuples(st.just("restore"), paths),
)


def upload(dbx, path):
    return dbx.files_upload(b"new", path, mode=WriteMode.overwrite).id


def restore(dbx, path):
    return dbx.files_restore(path, dbx.files_list_revisions(path).entries[-1].rev).id


def folder(dbx, url):
    through = SharedLink(URLS[url])
    return [entry.id for entry in dbx.files_list_folder("", shared_link=through).entries]


CALLS = {
    "create": lambda dbx, path: described(dbx.sharing_create_shared_link_with_settings(path)),
    "old create": lambda dbx, path: dbx.sharing_create_shared_link(path).url,
    "list": lambda dbx, path: [*map(described, dbx.sharing_list_shared_links(path).links)],
    "upload": upload,
    "move": lambda dbx, source, to: dbx.files_move_v2(source, to).metadata.id,
    "delete": lambda dbx, path: dbx.files_delete_v2(path).metadata.name,
    "restore": restore,
    "folder": folder,
    "metadata": lambda dbx, url: described(dbx.sharing_get_shared_link_metadata(URLS[url])),
    "file": lambda dbx, url: dbx.sharing_get_shared_link_file(URLS[url])[1].content,
    "hide": lambda dbx, url: described(dbx.sharing_modify_shared_link_settings(URLS[url], NOBODY)),
    "revoke": lambda dbx, url: dbx.sharing_revoke_shared_link(URLS[url]),
}
"""The calls of workers, each with the visible part of its result."""


def described(link):
    fields = ("url", "id", "name", "path_lower", "rev", "size")
    permissions = link.link_permissions
    return [getattr(link, name, None) for name in fields], str(permissions.resolved_visibility)


def worker(dbx, operations):
    def work():
        seen = []
        for kind, *arguments in operations:
            try:
                seen.append(CALLS[kind](dbx, *arguments))
            except ApiError as error:
                seen.append(type(error.error).__name__ + str(error.error)[:60])
        return seen

    return work


def final(run):
    dbx = run.service.client()
    links = [described(link) for link in dbx.sharing_list_shared_links().links]
    return repr(run.results), repr(sorted(run.service.files.items())), repr(links)


def explored(program, *, reduce, accounts=(None, None)):
    workers = [
        worker(SERVICE.client(account=account), operations)
        for account, operations in zip(accounts, program, strict=True)
    ]
    return interleavings(workers, check=has_history, service=SERVICE, reduce=reduce, outcome=final)


def programs(calls=2):
    return st.lists(st.lists(OPERATIONS, min_size=1, max_size=calls), min_size=2, max_size=2)


def differs(program, accounts=(None, None)):
    return set(explored(program, reduce=True, accounts=accounts).outcomes) != set(
        explored(program, reduce=False, accounts=accounts).outcomes
    )


# In the first two, the deletion of an item ends its link, and the restoration brings it back.
@example([[("list", None)], [("delete", "/a/x"), ("restore", "/a/x")]], False)
@example([[("metadata", 1)], [("delete", "/a/x"), ("restore", "/a/x")]], True)
@example([[("create", "/b/y"), ("list", None)], [("create", "/b")]], False)
@given(programs(), st.booleans())
@settings(max_examples=20)
def test_reduction_finds_all_outcomes_of_calls_of_links(program, is_other):
    assert not differs(program, (None, OTHER if is_other else None))


@pytest.mark.campaign
@given(programs(calls=3), st.booleans())
@settings(max_examples=400)
def test_reduction_finds_all_outcomes_of_longer_programs(program, is_other):
    assert not differs(program, (None, OTHER if is_other else None))


APART = {
    "links to different items": [("hide", 0), ("create", "/b")],
    "two readers of one link": [("metadata", 0), ("file", 1)],
    "a reader and a change of another file": [("file", 1), ("upload", "/b/y")],
    "the links of an item and a change of another file": [("list", "/a/x"), ("upload", "/b/y")],
}
TOGETHER = {
    "a reader and the end of the link": [("metadata", 0), ("revoke", 0)],
    "a reader and a change of the settings": [("metadata", 0), ("hide", 0)],
    "a reader and a move of the item": [("metadata", 1), ("move", "/a/x", "/b/x")],
    "a listing and an upload into the linked folder": [("folder", 0), ("upload", "/a/new")],
    "two first links to one item": [("create", "/b"), ("create", "/b")],
    "a list and a new link": [("list", None), ("create", "/b")],
    "a list and the deletion of an item": [("list", None), ("delete", "/a/x")],
    "two new links, whose order a list shows": [("create", "/b"), ("create", "/b/y")],
}


@pytest.mark.parametrize("calls", APART.values(), ids=APART)
def test_calls_that_do_not_conflict_are_tried_in_one_order(calls):
    report = explored([[each] for each in calls], reduce=True)
    assert report.complete == 1


@pytest.mark.parametrize("calls", TOGETHER.values(), ids=TOGETHER)
def test_calls_that_conflict_are_tried_in_both_orders(calls):
    program = [[each] for each in calls]
    report = explored(program, reduce=True)
    assert report.complete == 2
    assert set(report.outcomes) == set(explored(program, reduce=False).outcomes)
    assert len(report.outcomes) == 2


@pytest.mark.parametrize("url", ["", "https://example.com/a", "https://www.dropbox.com/a"])
@pytest.mark.parametrize("reduce", [True, "states"])
def test_a_call_with_a_url_that_is_not_of_a_link_is_refused_in_every_order(url, reduce):
    def read(dbx):
        with pytest.raises(ApiError, match="shared_link_not_found"):
            dbx.sharing_get_shared_link_metadata(url)
        with pytest.raises(ApiError, match="not_found"):
            dbx.files_list_folder("", shared_link=SharedLink(url))

    workers = [lambda: read(SERVICE.client()), lambda: CALLS["hide"](SERVICE.client(), 0)]
    report = interleavings(workers, check=has_history, service=SERVICE, reduce=reduce)
    assert report.complete > 1


@pytest.mark.parametrize("calls", [("metadata", "revoke"), ("metadata", "hide")])
def test_a_dependence_relation_without_links_loses_outcomes(monkeypatch, calls):
    program = [[(each, 0)] for each in calls]
    nothing = _link_footprints.LinkKeys(frozenset(), frozenset({"no link"}))
    monkeypatch.setattr(_footprints, "link_keys", lambda _: nothing)
    first = differs(program)
    monkeypatch.undo()
    assert first
    assert not differs(program)


@pytest.mark.parametrize("reduce", [True, "states"])
def test_reduction_and_merged_states_of_links_lose_no_outcome(reduce):
    program = [[("hide", 0), ("metadata", 0)], [("revoke", 1), ("list", None)]]
    every = explored(program, reduce=False)
    assert set(explored(program, reduce=reduce).outcomes) == set(every.outcomes)
