"""Mistakes in the access to files of teams; random changes of teams find each of them."""

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from tests.support.team_access import Model, steps

from fakedropbox._api.files import team_space
from fakedropbox._api.sharing import member_changes
from fakedropbox._api.team import folders, group_members
from fakedropbox._core import gate, selection, world
from fakedropbox._files.places import Place, View
from fakedropbox._files.shared_folders import Access, SharedFolders
from fakedropbox._files.team_folders import TeamFolders
from fakedropbox._identity.teams import Member
from fakedropbox.errors import RouteError

STEPS = 20


def no_mounts(*_):
    """Do nothing, in place of `update_mounts` or `Access.check_write`."""


def archived_folder_keeps_mounts(monkeypatch):
    monkeypatch.setattr(folders, "update_mounts", no_mounts)


def left_group_keeps_mount(monkeypatch):
    monkeypatch.setattr(group_members, "update_mounts", no_mounts)


def removed_members_may_call(monkeypatch):
    of_account = selection._of_account

    def wrong(world, fact, grant, **options):
        member = world.teams.of(grant.account)
        is_removed = member is not None and member.state == "removed" and "team" not in fact.auth
        return grant if is_removed else of_account(world, fact, grant, **options)

    monkeypatch.setattr(selection, "_of_account", wrong)


def new_member_gets_no_mounts(monkeypatch):
    monkeypatch.setattr(world, "update_mounts", no_mounts)


def groups_do_not_count(monkeypatch):
    def level(_folders, shared, account_id):
        member = shared.members.get(account_id)
        return None if member is None else member.level

    monkeypatch.setattr(SharedFolders, "_own_level", level)


def everybody_in_a_group_has_access(monkeypatch):
    level = SharedFolders._own_level

    def wrong(self, shared, account_id):
        return level(self, shared, account_id) or ("viewer" if shared.groups else None)

    monkeypatch.setattr(SharedFolders, "_own_level", wrong)


def lower_level_counts(monkeypatch):
    level = SharedFolders._own_level

    def wrong(self, shared, account_id):
        member = shared.members.get(account_id)
        return level(self, shared, account_id) if member is None else member.level

    monkeypatch.setattr(SharedFolders, "_own_level", wrong)


def viewers_write(monkeypatch):
    monkeypatch.setattr(Access, "check_write", no_mounts)


def members_write_at_the_top(monkeypatch):
    reach_to_write = Place.reach_to_write

    def wrong(place):
        return place.reach() if place.access is None else reach_to_write(place)

    monkeypatch.setattr(Place, "reach_to_write", wrong)


def any_admin_reaches_every_team_folder(monkeypatch):
    def found(world, _fact, _grant, namespace_id):
        return world.files.team_folders.get(namespace_id)

    monkeypatch.setattr(selection, "root_of_admin", found)


def every_role_is_an_administrator(monkeypatch):
    monkeypatch.setattr(Member, "is_admin", property(lambda each: each.state == "active"))


def suspended_members_may_call(monkeypatch):
    def acting(found):
        def wrong(world, fact, grant, headers):
            account = grant.account if grant.team is None else None
            member = None if account is None else world.teams.of(account)
            if member is not None and member.state == "suspended":
                return grant._replace(account=member.account)
            return found(world, fact, grant, headers)

        return wrong

    monkeypatch.setattr(gate.selection, "acting", acting(selection.acting))


def archived_folders_stay_open(monkeypatch):
    monkeypatch.setattr(TeamFolders, "is_closed", lambda _self, _id: False)


class _Everything:
    """An object that is equal to every other object."""

    def __eq__(self, other):
        return True

    __hash__ = None


def admins_write_in_every_namespace(monkeypatch):
    monkeypatch.setattr(selection, "WHOLE_TEAM", _Everything())


def paths_lead_out_of_the_root(monkeypatch):
    monkeypatch.setattr(View, "sees", lambda _view, _node: True)


def outsiders_are_admitted(monkeypatch):
    add = member_changes._add

    def wrong(call, shared, added):
        try:
            add(call, shared, added)
        except RouteError as error:
            if error.tags != "team_folder":
                raise
            account = call.world.accounts.by_id(added.member.get_dropbox_id())
            member_changes.join(call.world, shared, account, "viewer")

    monkeypatch.setattr(member_changes, "_add", wrong)


def the_inner_folder_inherits_nothing(monkeypatch):
    inherited = SharedFolders.inherited

    def wrong(self, shared, account_id):
        level = inherited(self, shared, account_id)
        return level if level == "editor" else None  # so that `Model()` works

    monkeypatch.setattr(SharedFolders, "inherited", wrong)


def the_inner_folder_stays_open(monkeypatch):
    def wrong(self, shared):
        return shared.is_team_folder and self.is_closed(shared.id)

    monkeypatch.setattr(SharedFolders, "is_shut", wrong)


def admins_read_what_other_teams_share(monkeypatch):
    reached = selection._reached

    def wrong(world, fact, grant, home, id_):
        shared = world.files.shared_folders.get(id_)
        return reached(world, fact, grant, home, id_) or shared

    monkeypatch.setattr(selection, "_reached", wrong)


def the_top_shows_archived_folders(monkeypatch):
    monkeypatch.setattr(team_space, "_entries", _all_entries(team_space._entries))


def _all_entries(entries):
    def wrong(world, team_id):
        for folder in world.files.team_folders.of(team_id):
            if folder.status == "archived":
                changed = world.files.team_folders.change(folder, status="active")
                found = entries(world, team_id)
                world.files.team_folders.change(changed, status="archived")
                return found
        return entries(world, team_id)

    return wrong


BUGS = [
    admins_write_in_every_namespace,
    paths_lead_out_of_the_root,
    outsiders_are_admitted,
    admins_read_what_other_teams_share,
    the_top_shows_archived_folders,
    the_inner_folder_inherits_nothing,
    the_inner_folder_stays_open,
    archived_folder_keeps_mounts,
    left_group_keeps_mount,
    removed_members_may_call,
    new_member_gets_no_mounts,
    groups_do_not_count,
    everybody_in_a_group_has_access,
    lower_level_counts,
    viewers_write,
    members_write_at_the_top,
    any_admin_reaches_every_team_folder,
    every_role_is_an_administrator,
    suspended_members_may_call,
    archived_folders_stay_open,
]
IN_CI = [
    admins_write_in_every_namespace,
    paths_lead_out_of_the_root,
    outsiders_are_admitted,
    members_write_at_the_top,
    any_admin_reaches_every_team_folder,
    every_role_is_an_administrator,
]
"""Bugs that a few histories are enough to find; the others are for the campaign.

Among the others are bugs of groups and of viewers, which the tests of `behaviour/team` find in each
run.
"""


@pytest.mark.untraced
@pytest.mark.parametrize(
    "bug",
    [
        pytest.param(bug, id=bug.__name__, marks=[] if bug in IN_CI else pytest.mark.campaign)
        for bug in BUGS
    ],
)
def test_the_property_finds_a_planted_bug(monkeypatch, bug):
    bug(monkeypatch)
    Model()  # works despite the bug, which a history has to find

    @settings(
        max_examples=600,
        phases=[Phase.generate],
        derandomize=True,
        database=None,
        report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )
    @given(st.lists(steps, min_size=STEPS, max_size=STEPS))
    def check(history):
        model = Model()
        for step in history:
            model.do(step)

    with pytest.raises(AssertionError):
        check()
