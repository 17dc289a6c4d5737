"""Tests that the cost of a call is linear in the depth of its path, by counted lines of code."""

import sys
import tracemalloc
from dataclasses import replace
from functools import partial
from pathlib import Path

import pytest

import fakedropbox
from fakedropbox import FakeDropboxService, Personality

pytestmark = pytest.mark.untraced

PACKAGE = str(Path(fakedropbox.__file__).parent)
SHALLOW, DEEP = 150, 600


def lines_of(call):
    """Return the number of lines of the package that a call executes."""
    count = 0

    def line(_frame, event, _arg):
        nonlocal count
        count += event == "line"
        return line

    def called(frame, _event, _arg):
        return line if frame.f_code.co_filename.startswith(PACKAGE) else None

    before = sys.gettrace()
    sys.settrace(called)
    try:
        call()
    finally:
        sys.settrace(before)
    return count


def rest(dbx, page):
    while page.has_more:
        page = dbx.files_list_folder_continue(page.cursor)


def pages(dbx, limit=None, **options):
    rest(dbx, dbx.files_list_folder("", recursive=True, limit=limit, **options))


def changes(dbx, cursor):
    rest(dbx, dbx.files_list_folder_continue(cursor))


class Account:
    """An account with a chain of nested folders, which was deleted if ``deleted`` is true."""

    def __init__(self, depth, *, deleted=False, **options):
        self.service = FakeDropboxService(**options)
        self.dbx = self.service.client()
        self.path = "/d" + "/folders" * depth  # too long for the cache of split paths
        self.cursors = {
            recursive: self.dbx.files_list_folder_get_latest_cursor("", recursive=recursive).cursor
            for recursive in (False, True)
        }
        self.dbx.files_upload(b"x", f"{self.path}/file")
        if deleted:
            self.dbx.files_delete_v2("/d")


LIVE = {
    "create": lambda account: account.dbx.files_create_folder_v2(f"/x{account.path}"),
    "create in another case": lambda account: account.dbx.files_upload(
        b"", f"{account.path.upper()}/new"
    ),
    "metadata": lambda account: account.dbx.files_get_metadata(account.path),
    "upload": lambda account: account.dbx.files_upload(b"", f"{account.path}/new"),
    "copy": lambda account: account.dbx.files_copy_v2("/d", "/c"),
    "move": lambda account: account.dbx.files_move_v2("/d", "/c"),
    "delete": lambda account: account.dbx.files_delete_v2("/d"),
    "list": lambda account: pages(account.dbx),
    "list in small pages": lambda account: pages(account.dbx, 20),
    "changes": lambda account: changes(account.dbx, account.cursors[True]),
    "changes in the root": lambda account: changes(account.dbx, account.cursors[False]),
    "search": lambda account: account.dbx.files_search_v2("file"),
    "the tree as text": lambda account: account.service.tree(),
}
DELETED = {
    "create again": lambda account: account.dbx.files_create_folder_v2(account.path),
    "changes after a deletion": lambda account: changes(account.dbx, account.cursors[True]),
    "changes in the root after a deletion": lambda account: changes(
        account.dbx, account.cursors[False]
    ),
    "list deleted": lambda account: pages(account.dbx, include_deleted=True),
    "metadata of a deleted folder": lambda account: account.dbx.files_get_metadata(
        account.path, include_deleted=True
    ),
}


def moved_and_listed(account):
    account.dbx.files_move_v2("/d", "/c")
    pages(account.dbx)
    account.dbx.files_copy_v2("/c", "/e")
    account.dbx.files_delete_v2("/c")


def undone(account):
    before = account.service.snapshot()
    account.dbx.files_move_v2("/d", "/c")
    account.service.restore(before)


def assert_linear(call, **options):
    accounts = [Account(depth, **options) for depth in (SHALLOW, DEEP)]
    shallow, deep = (lines_of(partial(call, account)) for account in accounts)
    assert deep < shallow * (DEEP / SHALLOW) * 1.2


@pytest.mark.parametrize("name", LIVE)
def test_a_call_is_linear_in_the_depth_of_its_path(name):
    assert_linear(LIVE[name])


@pytest.mark.parametrize("name", DELETED)
def test_a_call_is_linear_in_the_depth_of_a_deleted_path(name):
    assert_linear(DELETED[name], deleted=True)


@pytest.mark.parametrize("call", [moved_and_listed, undone])
def test_calls_about_a_moved_folder_are_linear_in_its_depth(call):
    assert_linear(call)


@pytest.mark.parametrize("order", ["creation", "name"])
def test_a_depth_first_listing_is_linear_in_the_depth(order):
    personality = replace(Personality.recorded, list_order=order, page_size=1000)
    assert_linear(lambda account: pages(account.dbx), personality=personality)


@pytest.mark.parametrize("name", ["move", "delete", "changes"])
@pytest.mark.parametrize("deleted_children", [True, False])
def test_a_lagging_account_is_linear_in_the_depth(name, deleted_children):
    lagging = Personality(lag_entries=3, lag_seconds=1, deleted_children=deleted_children)

    def call(account):
        LIVE[name](account)
        pages(account.dbx)

    assert_linear(call, personality=lagging)


def test_the_memory_of_a_deep_path_is_linear_in_its_depth():
    def size_of(depth):
        dbx = FakeDropboxService().client()
        tracemalloc.start()
        dbx.files_create_folder_v2("/d" * depth)
        pages(dbx)
        dbx.files_delete_v2("/d")
        size = tracemalloc.get_traced_memory()[0]
        tracemalloc.stop()
        return size

    size_of(10)
    assert size_of(2000) < 4 * 1.3 * size_of(500)
