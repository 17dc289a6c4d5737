"""Tests that a state file keeps every store: one that it does not keep fails a test here.

A new store reports its changes by `UndoLog.change`, has the methods of `Kept`, and is one of
`stores_of`; a part of it that is not in `everything` below has to be added there.
"""

import ast
import gc
import json

import pytest
from dropbox import file_properties, files
from dropbox.common import PathRoot
from dropbox.sharing import AccessLevel, AddMember, MemberSelector
from dropbox.team import (
    GroupAccessType,
    GroupSelector,
    MemberAccess,
    MemberAddArg,
    UserSelectorArg,
)
from tests.support.faults import needed_by
from tests.support.kept_services import KeptService, differences
from tests.support.project import SRC
from tests.support.receiver import Receiver

from fakedropbox import FakeDropboxService
from fakedropbox._core.records import stores_of
from fakedropbox._files.blobs import Blobs
from fakedropbox._files.nodes import Lock
from fakedropbox._files.store import FileStore
from fakedropbox._files.tree import Tree
from fakedropbox.faults import KINDS

NOT_KEPT_YET = frozenset()
"""The names of the classes of new stores that a state file does not keep yet."""

OF_FILES = (FileStore, Tree, Blobs)
"""The classes whose state is in the records of `KeptFiles` and the contents of the state file."""

NO_STORES = {
    "World": {
        "chance": "`Keeper` writes its state beside the stores",
        "clock": "`Keeper` writes the time that was skipped",
        "files": "its own attributes are below",
        "personality": "it is an argument of the service",
        "web": "it is a function",
    },
    "FileStore": {
        **dict.fromkeys(
            ["_last_rev", "forks", "homes", "nodes", "numbering", "trees", "views"],
            "`KeptFiles` has the records",
        ),
        **dict.fromkeys(["_chance", "_clock", "_personality"], "they are those of the world"),
        "_lag": "nothing lags after a start",
        "_last_second": "a cache",
        "_order": "it follows from the personality",
        "blobs": "the contents of the file",
        "search": "a cache",
        "tables": "its own attributes are below",
        "undo": "snapshots end with the process",
    },
    "SideTables": {"archive": "the state file itself"},
}
"""The attributes of a world that are not stores, with the reason why nothing of them is lost."""

WITHOUT_A_RECORD = {
    ("_files/lag.py", "catch_up"): "nothing lags after a start",
    ("_files/lag.py", "_node_for"): "nothing lags after a start",
    ("_files/lag.py", "_respell"): "nothing lags after a start",
    ("_files/lag.py", "change_case"): "the tree makes the record; nothing lags after a start",
    ("_files/store.py", "register"): "a view follows from its tree",
    ("_files/tree.py", "add_tombstone"): "`log` makes the record",
    ("_files/tree.py", "receive"): "the space follows from the files",
}
"""The functions that change something which needs no record, with the reason."""


def test_every_store_of_a_service_is_kept():
    service = FakeDropboxService(personality="hostile", files={"/a": b"1"})
    world = service.gate.world
    kept = {type(store) for store in stores_of(world)}
    gc.collect()
    found = {
        type(each)
        for each in gc.get_objects()
        if str(type(each).__module__).startswith("fakedropbox")
        and any(value is world.files.undo for value in getattr(each, "__dict__", {}).values())
    }
    assert len(found) > 10
    unkept = {each.__name__ for each in found - kept if not issubclass(each, OF_FILES)}
    assert unkept == NOT_KEPT_YET


def test_every_attribute_of_a_world_is_a_kept_store_or_needs_no_record():
    world = FakeDropboxService(personality="hostile").gate.world
    kept = {id(store) for store in stores_of(world)}
    found = {
        type(owner).__name__: {name for name, value in each.items() if id(value) not in kept}
        for owner, each in (
            (world, world._asdict()),
            (world.files, vars(world.files)),
            (world.files.tables, vars(world.files.tables)),
        )
    }
    assert found == {owner: set(names) for owner, names in NO_STORES.items()}


def test_every_change_names_its_record_or_is_listed_as_without_one():
    found = set()
    for path in SRC.joinpath("fakedropbox").rglob("*.py"):
        name = path.relative_to(SRC / "fakedropbox").as_posix()
        for function in ast.walk(ast.parse(path.read_text("utf-8"))):
            if isinstance(function, ast.FunctionDef):
                for node in ast.walk(function):
                    method = getattr(node, "func", None)
                    if getattr(method, "attr", "") == "note" and "undo" in ast.unparse(method):
                        found.add((name, function.name))
    assert found == WITHOUT_A_RECORD.keys()


def test_no_part_of_the_state_belongs_to_two_stores():
    parts = [part for store in stores_of(FakeDropboxService().gate.world) for part in store.parts]
    assert len(parts) == len(set(parts))


def everything(service):
    """Make at least one record of each part of the state."""
    client = service.client()
    bob = service.accounts.create("bob@example.com", plan="business")
    client.files_upload(b"1", "/Docs/a.txt")
    client.files_upload(b"2", "/Docs/a.txt", mode=files.WriteMode.overwrite)
    client.files_upload(b"to be deleted", "/b.txt")
    client.files_delete_v2("/b.txt")
    client.files_tags_add("/Docs/a.txt", "tag")
    client.files_paper_create(b"text", "/doc.paper", files.ImportFormat.plain_text)
    update = files.PaperDocUpdatePolicy.overwrite
    client.files_paper_update(b"more", "/doc.paper", files.ImportFormat.plain_text, update)
    field = file_properties.PropertyFieldTemplate("f", "", file_properties.PropertyType.string)
    template = client.file_properties_templates_add_for_user("t", "", [field]).template_id
    group = file_properties.PropertyGroup(template, [file_properties.PropertyField("f", "v")])
    client.file_properties_properties_add("/Docs/a.txt", [group])
    for name in ("/Shared", "/Ended"):
        client.files_upload(b"moved", f"{name}/c.txt")
        shared = service.share_folder(name, members=[bob])
    client.files_upload(b"signed", "/Shared/d.txt")
    client.sharing_unshare_folder(shared)
    client.sharing_create_shared_link_with_settings("/Docs/a.txt")
    client.files_get_temporary_link("/Docs/a.txt")
    commit = files.CommitInfo("/up")
    client.files_get_temporary_upload_link(commit)
    client.files_copy_reference_get("/Docs/a.txt")
    client.files_copy_batch_v2([files.RelocationPath("/Docs/a.txt", "/copied.txt")])
    client.files_upload_session_start(b"piece")
    client.files_upload_session_start(b"piece", close=True)
    code = service.authorize(token_access_type="offline")
    service.authorize()
    token = {"grant_type": "authorization_code", "code": code}
    key = service.login.app_key, service.login.app_secret
    reply = service.session().post("https://api.dropboxapi.com/oauth2/token", token, auth=key)
    assert reply.status_code == 200
    world = service.gate.world
    with service.gate.lock:
        world.files.tables.locks.set(world.files.nodes[2], Lock("dbid:x", "Bob", 5))
    share_files_and_teams(service, client)
    before = service.snapshot()
    service.seed_files({"/undone": b"x"})
    service.restore(before)
    service.faults.rate_limit("files/upload")
    service.clock.advance(5)


def share_files_and_teams(service, client):
    """Make records of members of files, file requests, teams, contacts and photos."""
    client.sharing_add_file_member("/Docs/a.txt", [MemberSelector.email("new@example.com")])
    made = client.file_requests_create("Homework", "/Homework")
    service.upload_to_request(made.id, {"a.txt": b"late"})
    team = service.teams.create("Other", ["ada@example.org", "ben@example.org"])
    linked = service.team_client(login=service.logins.create(team=team))
    members = service.teams.members(team)
    access = MemberAccess(UserSelectorArg.email(members[1].email), GroupAccessType.member)
    for name in ("Readers", "Gone"):
        group = linked.team_groups_create(name)
        selector = GroupSelector.group_id(group.group_id)
        linked.team_groups_members_add(selector, [access], return_members=False)
    linked.team_groups_delete(selector)
    linked.team_members_add([MemberAddArg("invited@example.org")])
    plans = linked.team_team_folder_create("Plans").team_folder_id
    readers = MemberSelector.dropbox_id(linked.team_groups_list().groups[0].group_id)
    admin = linked.as_admin(members[0].team_member_id)
    admin.sharing_add_folder_member(plans, [AddMember(readers, AccessLevel.editor)])
    root = PathRoot.root(str(team.root_namespace_id))
    ben = linked.as_user(members[1].team_member_id)
    ben.with_path_root(root).files_upload(b"of the team", "/Plans/e.txt")
    ben.with_path_root(root).files_upload(b"inside", "/Plans/Inner/g.txt")
    ben.with_path_root(root).sharing_share_folder("/Plans/Inner")
    inner = ben.with_path_root(root).files_get_metadata("/Plans/Inner")
    stranger = service.accounts.create("stranger@example.com")
    added = [AddMember(MemberSelector.dropbox_id(stranger.account_id))]
    ben.sharing_add_folder_member(inner.shared_folder_id, added)
    service.client(account=stranger).sharing_mount_folder(inner.shared_folder_id)
    ben.files_upload(b"of Ben", "/f.txt")
    mine = service.share_folder("/Ben's", account=members[1].account)
    ben.sharing_add_folder_member(mine, [AddMember(readers)])
    archived = linked.team_team_folder_create("Old").team_folder_id
    linked.team_team_folder_archive(archived)
    with service.gate.lock:
        service.gate.world.photos.set(service.accounts.default.account_id, b"image")
        of_files = service.gate.world.files.shared_files
        of_files.set_viewer_info(next(iter(of_files)), "disabled")


@pytest.mark.parametrize("personality", ["recorded", "documented"])
def test_every_part_of_the_state_is_loaded(tmp_path, personality):
    path, beginning = tmp_path / "state", {"seed": 4, "personality": personality, "plan": "pro"}
    kept = KeptService(path, **beginning)
    everything(kept.service)
    files_before = files_of_everybody(kept.service)
    before = kept.close()
    parts = {part for store in stores_of(kept.service.gate.world) for part in store.parts}
    assert parts - {key[0] for key in before if isinstance(key, tuple)} == set()
    again = KeptService(path, **beginning)
    assert files_of_everybody(again.service) == files_before
    assert differences(before, again.close()) == {}


def test_a_loaded_service_knows_which_folders_are_in_a_team_folder(tmp_path):
    path, beginning = tmp_path / "state", {"seed": 4, "plan": "pro"}
    kept = KeptService(path, **beginning)
    everything(kept.service)
    kept.close()
    service = KeptService(path, **beginning).service
    stranger = next(each for each in service.accounts if each.email == "stranger@example.com")
    (inner,) = service.client(account=stranger).sharing_list_folders().entries
    assert (inner.is_inside_team_folder, inner.parent_folder_name) == (True, "Plans")


def files_of_everybody(service):
    return {each.email: dict(service.files_of(each)) for each in service.accounts}


def test_a_loaded_service_can_be_restored_to_a_snapshot(tmp_path):
    path, beginning = tmp_path / "state", {"seed": 4, "plan": "pro"}
    kept = KeptService(path, **beginning)
    everything(kept.service)
    kept.close()
    again = KeptService(path, **beginning)
    snapshot, client = again.service.snapshot(), again.service.client()
    before = again.service.tree()
    client.files_upload(b"3", "/Docs/a.txt", mode=files.WriteMode.overwrite)
    client.files_move_v2("/Docs", "/Moved")
    client.files_delete_v2("/Shared/c.txt")
    (link,) = client.sharing_list_shared_links().links
    client.sharing_revoke_shared_link(link.url)
    again.service.restore(snapshot)
    assert again.service.tree() == before
    assert [each.url for each in client.sharing_list_shared_links().links] == [link.url]
    after = again.close()
    assert differences(after, KeptService(path, **beginning).close()) == {}


def test_a_change_right_after_a_restored_snapshot_is_kept(tmp_path):
    """The restore also discards the undo mark of the state file, and the snapshot is deleted."""
    path, beginning = tmp_path / "state", {"seed": 4}
    kept = KeptService(path, **beginning)
    before = kept.service.snapshot()
    kept.service.client().files_upload(b"1", "/undone")
    kept.service.restore(before)
    del before
    login = kept.service.logins.create()
    state = kept.close()
    again = KeptService(path, **beginning)
    assert differences(state, again.close()) == {}
    assert again.service.client(login).files_list_folder("").entries == []


def test_records_that_a_restored_snapshot_brings_back_keep_their_order(tmp_path):
    path, beginning = tmp_path / "state", {"seed": 4}
    kept = KeptService(path, **beginning)
    team = kept.service.teams.create("Team", ["ada@example.org"])
    linked = kept.service.team_client(login=kept.service.logins.create(team=team))
    groups = [linked.team_groups_create(name).group_id for name in "abc"]
    folders = [linked.team_team_folder_create(name).team_folder_id for name in "abc"]
    client = kept.service.client()
    field = file_properties.PropertyFieldTemplate("f", "", file_properties.PropertyType.string)
    templates = [
        client.file_properties_templates_add_for_user(name, "", [field]).template_id
        for name in "abc"
    ]
    before = kept.service.snapshot()
    client.file_properties_templates_remove_for_user(templates[0])
    linked.team_groups_delete(GroupSelector.group_id(groups[0]))
    linked.team_team_folder_archive(folders[0])
    linked.team_team_folder_permanently_delete(folders[0])
    kept.service.restore(before)
    kept.close()
    again = KeptService(path, **beginning).service
    world = again.gate.world
    listed = again.client().file_properties_templates_list_for_user()
    assert listed.template_ids == templates
    assert [each.name for each in world.groups.of(team)] == ["a", "b", "c"]
    assert [each.name for each in world.files.team_folders.of(team.team_id)] == ["a", "b", "c"]


def test_a_new_address_of_a_member_does_not_change_the_tokens_of_a_link(tmp_path):
    path, beginning = tmp_path / "state", {"seed": 4}
    kept = KeptService(path, **beginning)
    team = kept.service.teams.create("Team", ["ada@example.org"])
    linked = kept.service.team_client(login=kept.service.logins.create(team=team))
    (member,) = kept.service.teams.members(team)
    token = kept.service.logins.create(member.account).access_token
    selector = UserSelectorArg.team_member_id(member.team_member_id)
    linked.team_members_set_profile(selector, new_email="new@example.org")
    kept.close()
    tokens = KeptService(path, **beginning).service.gate.world.tokens
    link = tokens.grant(token).link
    assert link.account.email == "new@example.org"
    assert token.endswith(link.mark)


def test_a_loaded_service_knows_the_revisions_that_a_journal_had(tmp_path):
    path, beginning = tmp_path / "state", {"seed": 4, "plan": "pro"}
    kept = KeptService(path, **beginning)
    client, overwrite = kept.service.client(), files.WriteMode.overwrite
    revs = [client.files_upload(b"%d" % n, "/a", mode=overwrite).rev for n in range(4)]
    revs.append(client.files_move_v2("/a", "/b").metadata.rev)
    client.files_upload(b"", "/c")
    cursor = client.files_list_folder("").cursor
    kept.close()
    again = KeptService(path, **beginning)
    journal = again.service.gate.world.files.trees[again.service.accounts.default.namespace_id]
    assert sum(entry.number < 0 for entry in journal.journal) == 4
    client = again.service.client()
    found = [client.files_download(f"rev:{rev}")[1].content for rev in revs]
    assert found == [b"0", b"1", b"2", b"3", b"3"]
    client.files_restore("/b", revs[1])
    page = client.files_list_folder_continue(cursor)
    assert [entry.path_lower for entry in page.entries] == ["/b"]


def test_a_loaded_service_keeps_webhooks_and_notices_that_are_due(tmp_path):
    path, beginning = tmp_path / "state", {"seed": 4}
    with Receiver() as receiver:
        kept = KeptService(path, **beginning)
        kept.service.webhooks.add(receiver.url)
        kept.service.client().files_upload(b"1", "/told")
        kept.service.webhooks.deliver()
        receiver.status = 500
        kept.service.client().files_upload(b"2", "/not told")
        kept.service.webhooks.deliver()
        assert len(receiver.requests) == 3  # with the challenge
        kept.close()
        receiver.status = 200
        service = KeptService(path, **beginning).service
        service.webhooks.deliver()
        assert len(receiver.requests) == 3  # the next attempt has to wait
        service.clock.advance(3600)
        service.webhooks.deliver()
        service.webhooks.deliver()
        assert len(receiver.requests) == 4
        service.client().files_upload(b"3", "/new")
        service.webhooks.deliver()
        assert len(receiver.requests) == 5


@pytest.mark.parametrize("kind", KINDS)
def test_a_loaded_service_keeps_each_kind_of_planned_fault(tmp_path, kind):
    path, beginning = tmp_path / "state", {"seed": 4}
    route = "files/list_folder/continue" if kind == "reset_cursor" else "files/upload"
    kept = KeptService(path, **beginning)
    fault = KINDS[kind](route, times=2, skip=1, **needed_by(KINDS[kind], route))
    kept.service.faults.add(fault)
    kept.close()
    assert KeptService(path, **beginning).service.faults.planned() == [(fault, 2)]


def test_a_reset_of_a_loaded_service_is_kept(tmp_path):
    path, beginning = tmp_path / "state", {"seed": 4, "files": {"/a": b"1"}}
    kept = KeptService(path, **beginning)
    kept.service.client().files_upload(b"2", "/b")
    kept.close()
    kept = KeptService(path, **beginning)
    with kept.service.gate.lock:
        kept.service.reset()
        kept.keeper.save()
    before = kept.close()
    again = KeptService(path, **beginning)
    assert differences(before, again.close()) == {}
    assert again.service.files == {"/a": b"1"}


def test_a_failure_with_a_tag_that_the_sdk_lacks_is_kept(monkeypatch, tmp_path):
    monkeypatch.delitem(files.WriteError._tagmap, "no_write_permission")
    kept = KeptService(tmp_path / "state", seed=4)
    service = kept.service
    boss = service.accounts.create("boss@example.com")
    service.seed_files({"/Docs/a.txt": b"1"}, account=boss)
    viewers = [(service.accounts.default, "viewer")]
    service.share_folder("/Docs", account=boss, members=viewers)
    launched = service.client().files_delete_batch([files.DeleteArg("/Docs/a.txt")])
    kept.close()
    again = KeptService(tmp_path / "state", seed=4).service.client()
    job = launched.get_async_job_id()
    while (done := again.files_delete_batch_check(job)).is_in_progress():
        pass
    (entry,) = done.get_complete().entries
    tag = entry.get_failure().get_path_write()._tag
    assert tag == "other"
    assert json.dumps(tag) == '"no_write_permission"'
