"""A bug planted for each rule of `DropboxMachine` but DETAIL_RULES, which no other rule shows.

Most are a route, or one form of its calls, that is refused: only the rule makes such calls.
"""

from contextlib import ExitStack, contextmanager
from unittest.mock import patch
from weakref import WeakKeyDictionary

from hypothesis import settings
from hypothesis.stateful import run_state_machine_as_test
from tests.support.planted_bugs import BUGS
from tests.support.planted_link_bugs import LINK_BUGS
from tests.support.shrinking import SEARCH

from fakedropbox._api.registry import IMPLEMENTED
from fakedropbox.errors import BadInput
from fakedropbox.machines import Difference


def wrong(routes):
    """Return a context manager that plants wrong functions of routes.

    Each gets the call, its argument and the correct function.
    """

    @contextmanager
    def planted():
        with ExitStack() as stack:
            for name, function in routes.items():
                stack.enter_context(_replaced(name, function))
            yield

    return planted


def _replaced(name, function):
    route = IMPLEMENTED[name]

    def handle(call, arg):
        return function(call, arg, route.handle)

    return patch.dict(IMPLEMENTED, {name: route._replace(handle=handle)})


def refused(route, when=lambda _: True):
    """Return a context manager in which calls of a route are refused if their argument matches."""

    def handle(call, arg, right):
        if when(arg):
            raise BadInput("planted")
        return right(call, arg)

    return wrong({route: handle})


def _refused_to_the_other_account(call, arg, right):
    if call.grant.account.email.startswith("other"):
        raise BadInput("planted")
    return right(call, arg)


def _refused_without_tags(call, arg, right):
    found = right(call, arg)
    if not any(each.tags for each in found.paths_to_tags):
        raise BadInput("planted")
    return found


class Seen:
    """The values that each service has returned, in a list per service."""

    def __init__(self):
        self._by_service = WeakKeyDictionary()

    def by(self, call):
        """Return the list of values that the service of a call has returned."""
        return self._by_service.setdefault(call.world.files, [])


@contextmanager
def _sessions_of_a_batch_are_lost():
    """Refuse a single append to a session started in a batch, until a batch appends to it."""
    lost = Seen()

    def start(call, arg, right):
        found = right(call, arg)
        lost.by(call).extend(found.session_ids)
        return found

    def append_all(call, arg, right):
        appended = [entry.cursor.session_id for entry in arg.entries]
        lost.by(call)[:] = [each for each in lost.by(call) if each not in appended]
        return right(call, arg)

    def append(call, arg, right):
        if arg.cursor.session_id in lost.by(call):
            raise BadInput("planted")
        return right(call, arg)

    with wrong(
        {
            "files/upload_session/start_batch": start,
            "files/upload_session/append_batch": append_all,
            "files/upload_session/append_v2": append,
        }
    )():
        yield


@contextmanager
def _new_sessions_take_no_batch():
    """Refuse a batch of appends that closes exactly the sessions last started in a batch."""
    started = Seen()

    def start(call, arg, right):
        found = right(call, arg)
        started.by(call)[:] = found.session_ids
        return found

    def append_all(call, arg, right):
        closed = [entry.cursor.session_id for entry in arg.entries if entry.close]
        if closed and closed == started.by(call):
            raise BadInput("planted")
        return right(call, arg)

    with wrong(
        {
            "files/upload_session/start_batch": start,
            "files/upload_session/append_batch": append_all,
        }
    )():
        yield


@contextmanager
def _a_new_cursor_of_a_link_ends_the_older_ones():
    cursors = Seen()

    def list_folder(call, arg, right):
        found = right(call, arg)
        if arg.shared_link is not None and arg.limit is not None:
            cursors.by(call).append(found.cursor)
        return found

    def go_on(call, arg, right):
        if arg.cursor in cursors.by(call)[:-1]:
            raise BadInput("planted")
        return right(call, arg)

    with wrong({"files/list_folder": list_folder, "files/list_folder/continue": go_on})():
        yield


BUGS_OF_RULES = {
    "upload": refused("files/upload", lambda arg: arg.strict_conflict),
    "create_folder": refused("files/create_folder_v2"),
    "delete": refused("files/delete_v2"),
    "permanently_delete": wrong({"files/permanently_delete": lambda *_: None}),
    "move": refused("files/move_v2"),
    "copy": refused("files/copy_v2"),
    "restore": BUGS["restore gives the first content"],
    "start_session": refused("files/upload_session/start"),
    "append": refused("files/upload_session/append_v2"),
    "finish": refused("files/upload_session/finish"),
    "get_metadata": refused("files/get_metadata", lambda arg: arg.include_deleted),
    "download": refused("files/download"),
    "list_revisions": BUGS["revisions oldest first"],
    "delete_batch": refused("files/delete_batch"),
    "relocate_batch": refused("files/move_batch_v2"),
    "create_folder_batch": refused("files/create_folder_batch"),
    "start_batch": _sessions_of_a_batch_are_lost,
    "upload_batch": _new_sessions_take_no_batch,
    "append_batch": refused(
        "files/upload_session/append_batch",
        lambda arg: not all(entry.close for entry in arg.entries),
    ),
    "finish_batch": refused(
        "files/upload_session/finish_batch_v2",
        lambda arg: any(entry.commit.mode.is_overwrite() for entry in arg.entries),
    ),
    "list_folder": refused(
        "files/list_folder", lambda arg: arg.include_deleted and arg.limit is not None
    ),
    "list_folder_continue": BUGS["cursor that skips"],
    "longpoll": BUGS["longpoll always reports changes"],
    "get_latest_cursor": refused(
        "files/list_folder/get_latest_cursor", lambda arg: not arg.recursive
    ),
    "search": refused("files/search_v2"),
    "search_v1": refused("files/search"),
    "temporary_link": refused("files/get_temporary_link"),
    "upload_link": BUGS["an upload link works twice"],
    "save_url": BUGS["a saved url has a wrong hash"],
    "download_zip": BUGS["zip misses a file"],
    "other_form": BUGS["a batch of thumbnails repeats the first"],
    "upload_picture": refused("files/upload", lambda arg: arg.path.endswith((".png", ".PNG"))),
    "create_doc": refused("files/paper/create"),
    "update_doc": refused("files/paper/update"),
    "export_doc": refused("files/export", lambda arg: arg.path.lower().endswith(".paper")),
    "get_reference": refused("files/copy_reference/get"),
    "save_reference": refused("files/copy_reference/save"),
    "tag": refused("files/tags/add"),
    "untag": refused("files/tags/remove"),
    "tags": wrong({"files/tags/get": _refused_without_tags}),
    "give_properties": refused("file_properties/properties/add"),
    "change_properties": refused("file_properties/properties/update"),
    "template": refused("file_properties/templates/list_for_user"),
    "properties_search": refused("file_properties/properties/search"),
    "properties": refused(
        "files/get_metadata", lambda arg: arg.include_property_groups is not None
    ),
    "lock": refused("files/lock_file_batch"),
    "switch_account": wrong({"files/move_v2": _refused_to_the_other_account}),
    "wait": LINK_BUGS["a link expires a minute late"],
    "create_link": refused("sharing/create_shared_link"),
    "modify_link": refused("sharing/modify_shared_link_settings"),
    "revoke_link": refused("sharing/revoke_shared_link"),
    "list_links": refused("sharing/get_shared_links"),
    "read_link": refused("sharing/get_shared_link_metadata", lambda arg: arg.path is not None),
    "list_linked_folder": refused(
        "files/list_folder", lambda arg: arg.shared_link is not None and arg.limit is not None
    ),
    "continue_linked_folder": _a_new_cursor_of_a_link_ends_the_older_ones,
}
"""For each of these rules, a context manager that plants a bug."""


def shows(machine, bug, examples):
    """Return whether a machine shows a bug in some number of examples."""
    try:
        with bug():
            run_state_machine_as_test(machine, settings=settings(SEARCH, max_examples=examples))
    except Difference:
        return True
    return False
