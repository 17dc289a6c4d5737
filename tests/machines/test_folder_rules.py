"""Tests of all rules of `SharedFolderMachine`, in fixed programs, and of its reports."""

import pytest
from tests.support.folder_machine import ThreePeople, TwoPeople
from tests.support.planted_folder_bugs import FOLDER_BUGS

from fakedropbox import FakeDropboxService, Personality, SystemClock
from fakedropbox.machines import Difference, SharedFolderMachine

MINE, UNKNOWN = ("mine", 0), ("any", 8)
DEFAULTS = {
    "upload": {
        "path": "/a/new",
        "content": b"x",
        "mode": "add",
        "rev": 0,
        "modified": None,
        "autorename": False,
        "strict": False,
    },
    "create_folder": {"path": "/a/folder", "autorename": False},
    "delete": {"path": "/a/new", "rev": None},
    "move": {"source": "/b", "to": "/a/moved", "autorename": False},
    "copy": {"source": "/b", "to": "/a/copied", "autorename": False},
    "restore": {"path": "/a/restored", "rev": 0},
    "get_metadata": {"path": "/a/a", "include_deleted": False},
    "download": {"path": "/a/a"},
    "list_revisions": {"path": "/a/a", "by_id": False, "limit": 100},
    "search": {"path": "", "query": "a"},
    "list_folder": {
        "path": "",
        "recursive": True,
        "include_deleted": True,
        "crosses": True,
        "limit": 2000,
        "to_end": True,
    },
    "lock": {},
    "relocate_batch": {"ends": [("/b", "/a/moved")], "is_copy": False, "autorename": False},
    "relocate_all": {"ends": [("/b", "/a/moved")], "is_copy": False},
    "delete_batch": {"places": [("/a/a", None)]},
    "get_reference": {"path": "/a/a"},
    "save_reference": {"reference": 0, "to": "/a/saved", "giver": 0, "source": None},
    "use_path_root": {"shared": MINE, "kind": "list", "path": "/a"},
    "list_folder_continue": {"cursor": 0, "to_end": True},
    "longpoll": {"cursor": 0},
    "get_latest_cursor": {
        "path": "",
        "recursive": True,
        "crosses": True,
        "limit": None,
        "include_deleted": False,
    },
    "share_folder": {"path": "/c", "asked": {}, "forced": False, "actions": None},
    "unshare_folder": {"shared": MINE, "leave_a_copy": False},
    "update_folder_policy": {"shared": MINE, "asked": {}, "actions": None},
    "set_access_inheritance": {"shared": MINE},
    "transfer_folder": {"shared": MINE, "to": ("id", 1)},
    "mount_folder": {"shared": MINE},
    "unmount_folder": {"shared": MINE},
    "relinquish_folder_membership": {"shared": MINE, "leave_a_copy": False},
    "get_folder_metadata": {"shared": MINE, "actions": None},
    "list_folders": {"limit": 1, "actions": ["unshare"], "is_mountable": False},
    "add_folder_member": {"shared": MINE, "added": [(("id", 1), "editor")]},
    "update_folder_member": {"shared": MINE, "member": ("id", 1), "level": "viewer"},
    "remove_folder_member": {"shared": MINE, "member": ("id", 1), "leave_a_copy": False},
    "list_folder_members": {"shared": MINE, "limit": 1, "actions": ["remove", "make_owner"]},
}
OF_FILES = [
    *("upload", "create_folder", "delete", "get_metadata", "download", "list_revisions"),
    *("search", "list_folder", "get_latest_cursor", "restore"),
]
BEGIN = {"files": ("/a/a", "/a/b/a.txt", "/b"), "begun": ("share", "editor", "mount")}


def ran(machine, *steps, **begin):
    """Run steps, each a rule, an account and some arguments, and return the machine."""
    state = machine()
    state.begin(**{**BEGIN, **begin})
    for rule, who, given in steps:
        getattr(state, rule)(**{**DEFAULTS[rule], "who": who, **given})
        state.everything()
    return state


def script(state):
    return state.calls(state.person(0)).script


def test_members_and_policies_are_as_the_model_expects():
    stranger, other_stranger = ("email", 3), ("email", 4)
    ran(
        ThreePeople,
        ("add_folder_member", 0, {"added": [(("id", 2), None), (stranger, "viewer")]}),
        ("add_folder_member", 0, {"added": [(("email", 2), "editor"), (stranger, "editor")]}),
        ("add_folder_member", 0, {"added": [(("id", 8), "editor")]}),
        ("add_folder_member", 0, {"added": [(other_stranger, "owner")]}),
        ("add_folder_member", 0, {"shared": UNKNOWN}),
        ("list_folder_members", 0, {}),
        ("list_folder_members", 2, {"limit": 1000, "actions": []}),
        ("list_folder_members", 0, {"shared": UNKNOWN}),
        ("update_folder_member", 0, {}),
        ("update_folder_member", 0, {"member": stranger}),
        ("update_folder_member", 0, {"level": "owner"}),
        ("update_folder_member", 1, {}),
        ("remove_folder_member", 0, {"member": ("id", 0)}),
        ("remove_folder_member", 0, {"member": ("id", 8)}),
        ("remove_folder_member", 0, {"member": stranger}),
        ("remove_folder_member", 0, {"member": stranger}),
        ("add_folder_member", 2, {}),
        ("update_folder_policy", 0, {"asked": {"acl_update": "owner"}, "actions": []}),
        ("update_folder_policy", 0, {"asked": {"member": "team"}}),
        ("update_folder_policy", 0, {"asked": {"shared_link": "members"}}),
        ("add_folder_member", 2, {}),
        ("get_folder_metadata", 2, {"actions": ["invite_editor", "edit_contents", "unshare"]}),
        ("get_folder_metadata", 1, {"shared": UNKNOWN}),
        ("set_access_inheritance", 0, {}),
        ("set_access_inheritance", 0, {"shared": UNKNOWN}),
        ("transfer_folder", 0, {"to": ("id", 0)}),
        ("transfer_folder", 0, {"to": ("id", 8)}),
        ("transfer_folder", 0, {"to": ("id", 2)}),
        ("mount_folder", 2, {"shared": ("unmounted", 0)}),
        ("transfer_folder", 1, {}),
        ("transfer_folder", 0, {"to": ("id", 2)}),
        ("remove_folder_member", 2, {"leave_a_copy": True}),
        ("transfer_folder", 2, {}),
        ("share_folder", 2, {"path": "/d"}),
        ("list_folders", 2, {}),
        ("list_folders", 2, {"is_mountable": True}),
    )


def test_an_account_that_is_not_verified_is_invited():
    late = ("email", 2)
    ran(
        ThreePeople,
        ("share_folder", 2, {}),
        ("add_folder_member", 0, {"added": [(("id", 2), "editor")]}),
        ("add_folder_member", 0, {"added": [(late, "editor")]}),
        ("list_folder_members", 0, {}),
        ("update_folder_member", 0, {"member": ("id", 2), "level": "editor"}),
        ("update_folder_member", 2, {"member": ("id", 2)}),
        ("remove_folder_member", 2, {"member": ("id", 2)}),
        ("relinquish_folder_membership", 2, {}),
        ("add_folder_member", 0, {"added": [(late, "editor")]}),
        ("mount_folder", 2, {}),
        ("add_folder_member", 2, {}),
        ("transfer_folder", 0, {"to": ("id", 2)}),
        is_verified=False,
    )


def test_sharing_mounting_and_leaving_are_as_the_model_expects():
    ran(
        TwoPeople,
        ("share_folder", 0, {"path": "/a"}),
        ("share_folder", 0, {"path": "/a/b", "forced": True}),
        ("share_folder", 0, {"path": "/b"}),
        ("share_folder", 0, {"path": "/a/.."}),
        ("share_folder", 0, {"path": "/b/below"}),
        ("share_folder", 0, {"asked": {"member": "team"}}),
        ("share_folder", 0, {"asked": {"shared_link": "team"}}),
        ("share_folder", 0, {"path": "/c/d", "forced": True, "actions": ["unshare"]}),
        ("share_folder", 0, {"path": "/c"}),
        ("mount_folder", 1, {}),
        ("unmount_folder", 1, {}),
        ("unmount_folder", 1, {}),
        *[(rule, 1, {"path": ("ns", 1, "/a")}) for rule in OF_FILES],
        ("move", 1, {"source": ("ns", 1, "/a")}),
        ("copy", 1, {"source": ("ns", 1, "/a")}),
        ("share_folder", 1, {"path": ("ns", 1, "/a")}),
        ("mount_folder", 1, {}),
        ("relinquish_folder_membership", 0, {}),
        ("relinquish_folder_membership", 1, {"leave_a_copy": True}),
        ("add_folder_member", 0, {"shared": ("mine", 1)}),
        ("mount_folder", 1, {}),
        ("unmount_folder", 0, {"shared": ("mine", 1)}),
        ("unshare_folder", 1, {"shared": ("other", 0)}),
        ("unshare_folder", 0, {"shared": ("mine", 1), "leave_a_copy": True}),
        ("unshare_folder", 0, {"shared": ("any", 1)}),
        ("unmount_folder", 0, {"shared": UNKNOWN}),
    )


def test_files_in_shared_folders_are_as_the_model_expects():
    inside, mount = ("inside", 0, ""), ("mount", 0, "")
    state = ran(
        ThreePeople,
        ("add_folder_member", 0, {"added": [(("id", 2), "viewer")]}),
        ("mount_folder", 2, {}),
        *[(rule, 2, {}) for rule in ("upload", "create_folder", "move", "copy", "restore")],
        ("delete", 2, {"path": "/a/a"}),
        ("move", 2, {"source": "/a/a", "to": "/mine"}),
        ("copy", 2, {"source": "/a", "to": "/mine"}),
        ("upload", 1, {"content": b"new", "mode": "overwrite", "path": "/a/a"}),
        ("upload", 1, {"content": b"newer", "mode": "update", "path": "/a/a"}),
        ("upload", 1, {"mode": "update", "path": "/a/a", "rev": 1, "strict": True}),
        ("upload", 1, {"path": ("ns", 8, "/a")}),
        ("upload", 1, {"path": ("id", 8, "/a")}),
        ("create_folder", 1, {}),
        ("create_folder", 1, {"path": ("id", 0, "/a")}),
        ("restore", 1, {"path": ("id", 0, "/a")}),
        ("restore", 1, {"path": "/a", "rev": 0}),
        ("restore", 1, {"path": "/a/a", "rev": 0}),
        ("restore", 1, {"rev": 8}),
        ("delete", 0, {"path": "/a/a"}),
        ("restore", 0, {"path": "/a/again", "rev": 0}),
        ("move", 1, {}),
        ("move", 1, {"source": "/a", "to": "/a/b/a"}),
        ("move", 1, {"source": inside, "to": inside}),
        ("share_folder", 1, {"path": "/own"}),
        ("move", 1, {"source": "/own", "to": "/a/own"}),
        ("move", 1, {"source": "/own", "to": "/a/b", "autorename": False}),
        ("move", 1, {"source": "/a/again", "to": "/out"}),
        ("copy", 1, {"source": "/a", "to": "/plain"}),
        ("copy", 1, {"source": "/a", "to": "/a/b/a"}),
        ("copy", 1, {"source": "/a/b", "to": "/a/b"}),
        ("copy", 1, {"source": "/out", "to": "/a/b"}),
        ("move", 1, {"source": "/a", "to": "/above/a"}),
        ("copy", 1, {"source": "/above", "to": "/above again"}),
        ("get_metadata", 1, {"path": ("gone", 0, ""), "include_deleted": True}),
        ("get_metadata", 1, {"path": ("file", 0, "")}),
        ("get_metadata", 0, {"path": ("ns", 0, "")}),
        ("get_metadata", 0, {"path": ("rev", 0, "")}),
        ("download", 0, {"path": ("rev", 7, "")}),
        ("download", 0, {"path": ("own", 0, "")}),
        ("download", 0, {"path": mount}),
        ("list_revisions", 1, {"path": ("file", 0, ""), "by_id": True}),
        ("list_revisions", 1, {"path": mount}),
        ("list_revisions", 1, {"path": "/nothing"}),
        ("search", 1, {"path": mount}),
        ("search", 1, {"path": "/nothing"}),
        ("search", 1, {"path": "/a/.."}),
        ("search", 1, {"path": ("file", 0, "")}),
        ("delete", 1, {"path": "/above"}),
    )
    assert state.steps > 40


def test_callers_and_members_are_chosen_by_their_roles():
    member, closed = ("member", 0), {"asked": {"acl_update": "owner"}}
    ran(
        ThreePeople,
        ("update_folder_member", 0, {"shared": ("owner", 0), "member": member}),
        ("add_folder_member", 0, {"shared": ("writer", 0), "added": [(("id", 2), "editor")]}),
        ("mount_folder", 0, {"shared": ("unmounted", 0)}),
        ("mount_folder", 1, {"shared": ("unmounted", 0)}),
        *[("update_folder_member", 0, {"shared": ("writer", n), "member": member}) for n in (0, 1)],
        ("update_folder_policy", 1, {"shared": ("owner", 0), **closed}),
        ("add_folder_member", 0, {"shared": ("writer", 0)}),
        ("transfer_folder", 0, {"shared": ("owner", 0), "to": member}),
        ("transfer_folder", 1, {"shared": ("owner", 0), "to": member}),
        ("relinquish_folder_membership", 0, {"shared": ("guest", 0)}),
        ("unshare_folder", 2, {"shared": ("owner", 0), "leave_a_copy": True}),
        ("get_folder_metadata", 0, {"shared": ("owner", 0)}),
    )


def test_batches_into_and_out_of_shared_folders_are_as_the_model_expects():
    below = "/c/a.txt"
    ran(
        ThreePeople,
        ("add_folder_member", 0, {"added": [(("id", 2), "viewer")]}),
        ("mount_folder", 2, {}),
        ("relocate_batch", 2, {"ends": [("/b", "/a/b/x"), ("/a/a", "/mine"), ("/c", "/d")]}),
        ("relocate_batch", 2, {"ends": [("/a", "/own"), ("/own/a", "/b")], "is_copy": True}),
        ("delete_batch", 2, {"places": [("/a/a", 0), ("/b", 0), (("id", 0, ""), 0), ("/a", 1)]}),
        ("relocate_batch", 1, {"ends": [("/a/a", "/out"), ("/out", "/a/back"), (below, "/a/c")]}),
        ("relocate_batch", 1, {"ends": [("/a/b", "/b1"), ("/b1", "/a/b2"), ("/a/b2", "/b3")]}),
        ("list_revisions", 1, {"path": "/b3/a.txt"}),
        ("list_revisions", 1, {"path": "/b3/a.txt", "by_id": True}),
        ("relocate_batch", 1, {"ends": [(("id", 0, ""), "/d")]}),
        ("delete_batch", 0, {"places": [("/a/back", 1), ("/a/back", 0), ("/a", None)]}),
        ("relocate_all", 0, {"ends": [("/b", "/b1"), ("/b1", "/b2"), ("/b2", "/b3")]}),
        ("relocate_all", 1, {"ends": [("/a", "/a1"), ("/a1/c", "/c/c"), ("/nothing", "/x")]}),
        ("relocate_all", 1, {"ends": [("/a", "/a1"), ("/a1/c", "/c/c")]}),
        ("relocate_all", 1, {"ends": [("/a1", "/own"), ("/b", "/own/b1")], "is_copy": True}),
        ("relocate_all", 1, {"ends": [(("id", 0, ""), "/d")]}),
        ("relocate_all", 2, {"ends": [("/a/c", "/d")]}),
    )
    ran(InRealTime, ("relocate_batch", 0, {"ends": [("/a/a", "/A/A"), ("/b", "/a/b1")]}))


def test_copy_references_of_other_accounts_are_as_the_model_expects():
    ran(
        ThreePeople,
        ("add_folder_member", 0, {"added": [(("id", 2), "viewer")]}),
        ("mount_folder", 2, {}),
        ("get_reference", 0, {"path": "/nothing"}),
        ("get_reference", 0, {}),
        ("save_reference", 1, {"to": "/from other"}),
        ("save_reference", 1, {}),
        ("save_reference", 1, {}),
        ("save_reference", 2, {}),
        ("save_reference", 2, {"reference": 8, "to": "/x"}),
        ("delete", 0, {"path": "/a/a"}),
        ("save_reference", 1, {"to": "/gone"}),
        ("get_reference", 0, {"path": "/a/b"}),
        ("save_reference", 1, {"to": "/a/b/b"}),
        ("save_reference", 1, {"to": "/a/.."}),
        ("save_reference", 2, {"to": "/b of a"}),
        ("get_reference", 0, {"path": "/a"}),
        ("save_reference", 0, {"to": "/whole"}),
        ("save_reference", 2, {"to": "/whole"}),
        ("save_reference", 1, {"to": "/a/whole"}),
        ("get_reference", 1, {"path": "/b"}),
        ("save_reference", 0, {"to": "/a/theirs"}),
        ("get_reference", 0, {"path": ("ns", 8, "/a")}),
        ("unmount_folder", 0, {}),
        ("save_reference", 1, {"reference": 1, "to": "/unmounted"}),
        ("get_reference", 0, {"path": ("ns", 0, "/b")}),
        ("save_reference", 0, {"to": ("id", 0, "/b")}),
    )


def test_path_roots_are_as_the_model_expects():
    kinds = ("list", "upload", "create", "get", "delete")
    inside, below = ("inside", 0, ""), ("inside", 0, "/a")
    roots = [{"kind": kind, "path": path} for kind in kinds for path in ("/b", inside, below)]
    ran(
        ThreePeople,
        ("add_folder_member", 0, {"added": [(("id", 2), "viewer")]}),
        *[("use_path_root", who, given) for who in (2, 1) for given in roots],
        ("use_path_root", 1, {"kind": "get", "path": "/a/.."}),
        ("unmount_folder", 1, {}),
        ("use_path_root", 1, {}),
        ("use_path_root", 0, {"shared": UNKNOWN}),
        ("remove_folder_member", 0, {}),
        ("use_path_root", 1, {"shared": ("any", 0)}),
    )


class FriendFirst(TwoPeople):
    """A machine whose first client is not that of the service's default account."""

    def make_clients(self):
        return super().make_clients()[::-1]


FILLED = {"kind": "copy", "source": "/b", "to": "/a/copy", "shared": MINE, "missing": 1}
FILLS = [
    {},
    {"missing": 0},
    {"to": "/a/.."},
    {"source": "/a", "to": "/plain"},
    {"kind": "upload", "to": "/a/a"},
    {"kind": "upload", "to": "/a/a", "missing": 0},
    {"kind": "upload", "to": ("ns", 0, "/new")},
    {"kind": "mount"},
    {"kind": "mount", "shared": UNKNOWN},
]


def test_calls_with_just_enough_room_or_less_are_as_the_model_expects():
    state = ran(TwoPeople, ("upload", 1, {"content": b"long" * 9}))
    for given in FILLS:
        state.fill_up(**{**FILLED, **given})
        state.everything()
    state.unmount_folder(who=0, shared=MINE)
    for given in ({"kind": "mount"}, {"to": ("ns", 1, "/x")}, {"kind": "mount", "missing": 0}):
        state.fill_up(**{**FILLED, **given})
        state.everything()
    assert state.people.folders[0].mount(state.person(0)) is not None
    other = ran(FriendFirst)
    before = other.steps
    other.fill_up(**FILLED)
    assert other.steps == before


def test_ids_and_revisions_of_others_are_not_found():
    others = [("rev of others", number, "") for number in range(3)]
    state = ran(
        ThreePeople,
        *[("get_metadata", who, {"path": path}) for who in range(3) for path in others],
        *[("download", 1, {"path": ("known id", number, "")}) for number in range(3)],
        ("list_folder", 1, {"path": ("known id", 0, "")}),
        ("unshare_folder", 0, {}),
        *[("get_metadata", 1, {"path": path}) for path in others],
        begun=("share", "editor", "mount", "move", "viewer", "mount"),
    )
    assert state.people.ended


def test_texts_of_errors_in_other_languages_are_not_compared():
    ran(
        InJapanese,
        ("remove_folder_member", 0, {}),
        ("get_folder_metadata", 1, {"shared": ("any", 0)}),
        ("share_folder", 0, {"path": "/a"}),
    )


def test_locks_are_as_the_model_expects():
    member = ("add_folder_member", 0, {"added": [(("id", 2), "viewer")]})
    mounted = ("mount_folder", 2, {})
    locks = [("lock", who, {"path": ("file", number, "")}) for who in range(3) for number in (0, 2)]
    ran(ThreePeople, member, *locks, mounted, *locks, ("delete", 0, {"path": "/b"}))
    ran(InRealTime, ("lock", 0, {"path": ("file", 0, "")}), ("lock", 0, {"path": ("file", 1, "")}))


def test_a_lock_that_every_member_holds_is_a_difference():
    with FOLDER_BUGS["every member holds a lock"](), pytest.raises(Difference) as caught:
        ran(TwoPeople, ("lock", 0, {"path": ("file", 0, "")}))
    assert "expected (False, " in caught.value.what


def test_cursors_are_as_the_model_expects():
    listing = {"limit": 1, "to_end": False}
    ran(
        TwoPeople,
        ("longpoll", 1, {}),
        ("list_folder_continue", 1, {}),
        ("list_folder", 1, {"path": "/a/.."}),
        ("get_latest_cursor", 1, {"path": "/nothing"}),
        ("list_folder", 1, listing),
        ("longpoll", 1, {}),
        ("list_folder_continue", 1, {"to_end": False}),
        ("list_folder_continue", 1, {}),
        ("list_folder_continue", 1, {}),
        ("longpoll", 1, {}),
        ("upload", 0, {}),
        ("longpoll", 1, {}),
        ("list_folder", 1, {"path": "/a", "crosses": False, "limit": 1}),
        ("list_folder", 1, {"crosses": False}),
        ("get_latest_cursor", 1, {"path": "/a/b", "recursive": False}),
        ("get_latest_cursor", 1, {"path": "/a"}),
        ("unmount_folder", 1, {}),
        ("longpoll", 1, {}),
        ("list_folder_continue", 1, {}),
        ("mount_folder", 1, {}),
        ("list_folder_continue", 1, {}),
        ("list_folder_continue", 1, {"cursor": 1}),
        ("longpoll", 1, {}),
        ("get_latest_cursor", 1, {"path": ("ns", 0, "")}),
        ("unmount_folder", 1, {}),
        ("list_folder_continue", 1, {}),
        ("longpoll", 1, {}),
        ("delete", 0, {"path": "/a/a"}),
        ("list_folder", 0, {}),
    )


def test_the_reported_program_runs_with_the_clients_of_all_accounts():
    state = ran(
        TwoPeople,
        ("upload", 1, {"path": ("mount", 0, "/new")}),
        ("move", 0, {"source": "/a/new", "to": "/out"}),
        ("get_metadata", 1, {"path": ("ns", 0, "/a")}),
        ("list_folder", 1, {"limit": 1, "to_end": False}),
        ("transfer_folder", 0, {}),
        ("unshare_folder", 1, {"leave_a_copy": True}),
        ("list_folder_continue", 1, {}),
        files=("/a/a",),
    )
    service = FakeDropboxService()
    ada = service.accounts.create("ada@example.com")
    clients = {"dbx": service.client(), "other": service.client(account=ada)}
    exec(script(state), clients)  # noqa: S102 -- the program of the report
    assert "'ns:' + " in script(state)
    assert service.files == state.service.files == {"/a/a": b"x", "/out": b"x"}


def test_without_clients_the_machine_says_what_it_needs():
    with pytest.raises(NotImplementedError, match=r"SharedFolderMachine: expected a method make_"):
        SharedFolderMachine().begin(files=(), begun=())


def test_a_difference_names_the_calls_that_show_it():
    with FOLDER_BUGS["a viewer may write"]():
        state = ran(TwoPeople, files=(), begun=("share", "viewer", "mount"))
        with pytest.raises(Difference, match="expected path/no_write_permission") as caught:
            state.upload(**DEFAULTS["upload"], who=1)
    assert "other.files_upload(b'x', '/a/new'" in caught.value.script.splitlines()[-1]


def test_a_difference_after_a_step_names_a_call_that_shows_it():
    with FOLDER_BUGS["mounts take no space"](), pytest.raises(Difference) as caught:
        ran(TwoPeople)
    assert caught.value.script.splitlines()[-1].endswith("users_get_space_usage()")


def test_a_cursor_without_a_change_that_others_made_is_a_difference(monkeypatch):
    state = ran(TwoPeople, ("upload", 0, {}))
    monkeypatch.setattr(state.files, "listed", lambda *_, **__: {})
    with pytest.raises(Difference, match="dbx, after all changes in order"):
        state.everything()


@pytest.mark.parametrize("path", ["", "/a"])
def test_a_reset_without_a_reason_is_a_difference(path):
    for rule, route in (("list_folder_continue", "continue"), ("longpoll", "longpoll")):
        state = ran(TwoPeople, ("get_latest_cursor", 1, {"path": path}))
        state.service.faults.reset_cursor(f"files/list_folder/{route}")
        with pytest.raises(Difference, match="expected the changes, got reset"):
            getattr(state, rule)(**DEFAULTS[rule], who=1)


def test_a_reset_for_a_deleted_folder_is_a_difference():
    step = ("get_latest_cursor", 1, {"path": "/c"})
    state = ran(TwoPeople, step, ("delete", 1, {"path": "/c"}))
    state.service.faults.reset_cursor("files/list_folder/continue")
    with pytest.raises(Difference, match="expected that the folder is not found, got reset"):
        state.list_folder_continue(**DEFAULTS["list_folder_continue"], who=1)


def test_a_cursor_may_be_reset_unless_the_machine_is_strict():
    state = ran(InRealTime, ("get_latest_cursor", 1, {}), ("upload", 0, {}))
    for rule in ("list_folder", "list_folder_continue", "everything"):
        state.service.faults.reset_cursor("files/list_folder/continue")
        given = {**DEFAULTS.get(rule, {}), "who": 1}
        if rule == "list_folder":
            given["limit"] = 1
        getattr(state, rule)(**({} if rule == "everything" else given))
    state.get_latest_cursor(**DEFAULTS["get_latest_cursor"], who=1)
    state.upload(**{**DEFAULTS["upload"], "path": "/a/newer", "who": 0})
    state.everything()
    state.service.faults.reset_cursor("files/list_folder/longpoll")
    state.longpoll(cursor=0, who=1)
    state.service.faults.verify()


class WithoutService:
    """A client that has no `service`."""

    def __init__(self, client):
        self.client = client

    def __getattr__(self, name):
        if name == "service":
            raise AttributeError(name)
        return getattr(self.client, name)


class InJapanese(TwoPeople):
    """A machine whose clients ask for texts in Japanese."""

    def make_clients(self):
        locale = {"Dropbox-API-User-Locale": "ja"}
        return [client.clone(headers=locale) for client in super().make_clients()]


class InRealTime(TwoPeople):
    personality = Personality.documented
    strict = False

    def make_clients(self):
        return [*map(WithoutService, super().make_clients())]

    def pause(self, seconds):
        self.service.clock.advance(seconds)


def test_a_machine_in_real_time_does_not_wait_and_compares_no_times():
    state = ran(
        InRealTime,
        ("get_latest_cursor", 1, {}),
        ("longpoll", 1, {}),
        ("move", 0, {"source": "/b", "to": "/B"}),
        ("move", 0, {"source": "/b", "to": "/nothing/.."}),
        ("list_folder", 1, {"limit": 1, "to_end": False}),
        ("longpoll", 1, {}),
        ("search", 1, {}),
        ("relinquish_folder_membership", 1, {}),
    )
    assert isinstance(state.clock, SystemClock)
    state.teardown()


class Full(TwoPeople):
    most_entries = 4


def test_copies_that_would_be_too_large_are_left_out():
    copies = [
        ("copy", 0, {}),
        ("relocate_batch", 0, {"is_copy": True}),
        ("relocate_all", 0, {"is_copy": True}),
        *[
            (rule, 0, {"leave_a_copy": True})
            for rule in (
                "unshare_folder",
                "relinquish_folder_membership",
                "remove_folder_member",
            )
        ],
    ]
    before = ran(Full).steps
    assert ran(Full, *copies).steps == before
    assert ran(TwoPeople, *copies).steps > before


def test_all_accounts_clean_up_at_the_end():
    state = ran(TwoPeople)
    example = state.example(state.person(1))
    example.until_the_end.callback(example.calls.make, "files_delete_v2", "/b")
    state.teardown()
    assert state.service.files_of(state.service.accounts.by_email("ada@example.com")).keys() == {
        "/a/a",
        "/a/b/a.txt",
        "/c/a.txt",
    }
