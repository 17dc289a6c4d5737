"""Tests that schedules of two accounts with a shared folder are reduced without losing outcomes."""

import pytest
from dropbox.exceptions import ApiError
from dropbox.files import WriteMode
from hypothesis import example, given, settings
from hypothesis import strategies as st
from tests.support.members import People
from tests.support.shared_folders import LEVEL, account, levels
from tests.support.small_scenarios import has_history

from fakedropbox.simulate import _footprints, interleavings

PATHS = ["/a", "/a/x", "/a/new", "/b", "/b/y"]


def new_people():
    """Return two members of the folder /a, which has a file; each also has a private file."""
    people = People(2)
    owner, member = people
    owner.upload("/a/x", b"x")
    owner.share("/a")
    owner.add(0, 1, "editor")
    member.mount(0, False)
    for person in people:
        person.upload("/b/y", b"y")
    return people


PEOPLE = new_people()
FOLDER = PEOPLE.folders[0]
MEMBER = account(PEOPLE[1].account.account_id)
paths = st.sampled_from(PATHS)
OPERATIONS = st.one_of(
    st.tuples(st.sampled_from(["upload", "upload", "delete", "get", "list", "all"]), paths),
    st.tuples(st.just("move"), paths, paths),
    st.tuples(st.just("copy"), paths, paths),
    st.tuples(st.sampled_from(["unmount", "mount", "leave", "members", "folders"]), st.just("/a")),
    st.tuples(st.sampled_from(["share", "unshare", "remove", "lower", "raise", "transfer"]), paths),
)
FILE_OPERATIONS = st.one_of(
    st.tuples(st.sampled_from(["upload", "upload", "delete", "get", "list"]), paths),
    st.tuples(st.sampled_from(["move", "copy"]), paths, paths),
)
CALLS = {
    "upload": lambda dbx, path: dbx.files_upload(b"new", path, mode=WriteMode.overwrite).id,
    "delete": lambda dbx, path: dbx.files_delete_v2(path).metadata.name,
    "get": lambda dbx, path: dbx.files_get_metadata(path).id,
    "list": lambda dbx, path: seen(dbx.files_list_folder(path)),
    "all": lambda dbx, _: seen(dbx.files_list_folder("", recursive=True)),
    "move": lambda dbx, source, to: dbx.files_move_v2(source, to).metadata.path_lower,
    "copy": lambda dbx, source, to: dbx.files_copy_v2(source, to).metadata.path_lower,
    "leave": lambda dbx, _: str(dbx.sharing_relinquish_folder_membership(FOLDER)),
    "members": lambda dbx, _: sorted(levels(dbx.sharing_list_folder_members(FOLDER)).items()),
    "folders": lambda dbx, _: [
        (each.name, each.path_lower) for each in dbx.sharing_list_folders().entries
    ],
    "share": lambda dbx, path: dbx.sharing_share_folder(path).get_complete().path_lower,
    "unshare": lambda dbx, _: dbx.sharing_unshare_folder(FOLDER).is_complete(),
    "remove": lambda dbx, _: dbx.sharing_remove_folder_member(
        FOLDER, MEMBER, False
    ).is_async_job_id(),
    "lower": lambda dbx, _: dbx.sharing_update_folder_member(FOLDER, MEMBER, LEVEL.viewer),
    "raise": lambda dbx, _: dbx.sharing_update_folder_member(FOLDER, MEMBER, LEVEL.editor),
    "transfer": lambda dbx, _: dbx.sharing_transfer_folder(FOLDER, PEOPLE[1].account.account_id),
    "mount": lambda dbx, _: dbx.sharing_mount_folder(FOLDER).path_lower,
    "unmount": lambda dbx, _: dbx.sharing_unmount_folder(FOLDER),
}


def seen(page):
    return [(entry.path_lower, entry.id) for entry in page.entries]


def worker(dbx, operations):
    def work():
        results = []
        for kind, *arguments in operations:
            try:
                results.append(repr(CALLS[kind](dbx, *arguments)))
            except ApiError as refused:
                results.append(str(refused.error)[:60])
        return results

    return work


def final(run):
    files = [sorted(run.service.files_of(person.account).items()) for person in PEOPLE]
    trees = [run.service.tree(account=person.account) for person in PEOPLE]
    return repr(run.results), repr(files), repr(trees)


def explored(program, *, reduce):
    workers = [
        worker(person.dbx, operations) for person, operations in zip(PEOPLE, program, strict=True)
    ]
    return interleavings(
        workers, check=has_history, service=PEOPLE.service, reduce=reduce, outcome=final
    )


def differs(program):
    return set(explored(program, reduce=True).outcomes) != set(
        explored(program, reduce=False).outcomes
    )


def programs(calls, operations=OPERATIONS):
    return st.lists(st.lists(operations, min_size=1, max_size=calls), min_size=2, max_size=2)


@example([[("all", "/b"), ("all", "/b")], [("upload", "/a/new"), ("delete", "/a/x")]])
@example([[("delete", "/a"), ("list", "/b")], [("upload", "/a/new"), ("move", "/a/x", "/b/x")]])
@given(programs(calls=2))
@settings(max_examples=15)
def test_reduction_finds_all_outcomes_of_members_of_a_folder(program):
    assert not differs(program)


@given(programs(calls=2, operations=FILE_OPERATIONS))
@settings(max_examples=15)
def test_merged_states_of_members_have_all_outcomes(program):
    every, merged = (explored(program, reduce=reduce) for reduce in (False, "states"))
    assert set(merged.outcomes) == set(every.outcomes)
    assert merged.schedules == every.schedules


@pytest.mark.campaign
@given(programs(calls=3))
@settings(max_examples=400)
def test_reduction_finds_all_outcomes_of_longer_programs(program):
    assert not differs(program)


APART = {
    "private files of two members": [("upload", "/b/y"), ("delete", "/b/y")],
    "two files of the folder": [("get", "/a/x"), ("upload", "/a/new")],
}
TOGETHER = {
    "one file of the folder": [("get", "/a/x"), ("delete", "/a/x")],
    "everything and a file of the folder": [("all", "/b"), ("delete", "/a/x")],
    "the folder and a file in it": [("list", "/a"), ("upload", "/a/new")],
}


@pytest.mark.parametrize(
    ("pair", "number"),
    [*[(pair, 1) for pair in APART.values()], *[(pair, 2) for pair in TOGETHER.values()]],
    ids=[*APART, *TOGETHER],
)
def test_calls_of_two_members_depend_on_each_other_only_if_they_meet_in_the_folder(pair, number):
    assert explored([[operation] for operation in pair], reduce=True).complete == number


def test_an_outcome_is_lost_if_footprints_lack_mounts(monkeypatch):
    monkeypatch.setattr(_footprints.Tracker, "_mounted", lambda *_: ())
    assert explored([[("all", "/b")], [("delete", "/a/x")]], reduce=True).complete == 1
