"""Bugs in shared folders that somebody planted before reading `SharedFolderMachine`.

The functions were drawn at random (seeds 2029 and 2030) from those of shared folders; each mistake
is one that a careless change of the function could make. Those that are in `planted_folder_bugs`,
too, are left out here, and so is one that changed no answer.
"""

from tests.support.planted_bugs import registrar

from fakedropbox._api.files import locks, metadata
from fakedropbox._api.sharing import (
    folder_members,
    folder_metadata,
    folder_rights,
    folders,
)
from fakedropbox._files import mounting, revisions
from fakedropbox._files.paths import Name, parts_of
from fakedropbox._files.places import Place, View
from fakedropbox._files.shared_folders import SharedFolders
from fakedropbox._files.store import FileStore
from fakedropbox._files.tree import Tree

DRAWN_BUGS = {}
bug = registrar(DRAWN_BUGS)


@bug((metadata, "show_in_mount"))
def mount_of_a_viewer_looks_writable(right):
    def show(view, mount, meta):
        right(view, mount, meta)
        meta.sharing_info.read_only = False

    return show


@bug((folder_metadata, "folder_refusal"))
def editor_may_invite_whatever_the_policy(right):
    def refusal(shared, membership, action):
        if membership.level == "editor" and action in folder_rights._INVITING:
            return None
        return right(shared, membership, action)

    return refusal


@bug((View, "saw"))
def past_revision_needs_the_file(right):
    def saw(view, file, past):
        return right(view, file, past) and (past is None or view.sees(file))

    return saw


@bug((View, "_in_namespace"))
def namespace_is_looked_for_in_the_root(right):
    def in_namespace(view, path):
        place = right(view, path)
        number, _, below = path[3:].partition("/")
        mounts = view.tree.mounts.values()
        mount = next((each for each in mounts if str(each.target.namespace_id) == number), None)
        if mount is None:
            return place
        below = parts_of(f"/{below}" if below else "")
        return view._entering(
            Place(view.tree, view.tree.root, (Name(mount.name, mount.key), *below))
        )

    return in_namespace


@bug((locks, "_held"))
def owner_of_a_folder_may_take_locks(right):
    def held(call, file):
        access = locks.view_of(call).of(file).access
        if access is not None and access.shared.owner == call.grant.account.account_id:
            return file
        return right(call, file)

    return held


@bug((folder_members, "user_info"))
def people_without_a_team_are_in_the_same_one(right):
    def info(call, account):
        found = right(call, account)
        found.same_team = account.team == folder_members.account_of(call).team
        return found

    return info


@bug((SharedFolders, "get"))
def former_shared_folder_is_still_known(_right):
    def get(folders_, id_):
        return next((each for each in folders_._by_tree.values() if each.id == id_), None)

    return get


@bug((View, "of_past"))
def past_revision_belongs_to_the_callers_files(_right):
    return lambda view, _past: view


@bug((mounting, "share"))
def sharing_counts_as_a_modification(right):
    def share(store, folder, policy, preview_url, now):
        settle_in = store.settle_in

        def settle(tree, nodes, source, former, _now):
            settle_in(tree, nodes, source, former, now)

        store.settle_in = settle
        try:
            return right(store, folder, policy, preview_url, now)
        finally:
            del store.settle_in

    return share


@bug((folder_members, "_invitee"))
def invitation_never_names_an_account(_right):
    def invitee(_call, email, member):
        level = folder_members.sharing.AccessLevel(member.level)
        info = folder_members.sharing.InviteeInfo.email(email)
        return folder_members._new_invitee(level, False, info)

    return invitee


@bug((SharedFolders, "ended"))
def everybody_keeps_revisions_of_a_former_folder(_right):
    def ended(folders_, _account_id):
        return [access for known in folders_._ended.values() for access in known]

    return ended


@bug((View, "shown"))
def deleted_entry_in_a_mount_loses_the_mounts_path(right):
    def shown(view, lower, display):
        return (lower, display) if view.access is not None else right(view, lower, display)

    return shown


@bug((folders, "_page"))
def mounted_folders_are_not_mountable(right):
    def page(call, limit, actions, after):
        found = right(call, limit, actions, after)
        if call.name.startswith("sharing/list_mountable_folders"):
            found.entries = [each for each in found.entries if each.path_lower is None]
        return found

    return page


@bug((SharedFolders, "end"))
def invitations_survive_the_end_of_sharing(right):
    def end(folders_, shared, owner):
        invited = dict(shared.invitees)
        right(folders_, shared, owner)
        for email, each in invited.items():
            folders_.invite(shared, email, each.level, each.invited)

    return end


@bug((View, "numbered"))
def every_id_is_found(_right):
    def numbered(view, number):
        if number >= len(view.nodes):
            return None
        node = view.mount_or(view.nodes[number])
        return node if node.parent is not None or view.sees(node) else None

    return numbered


@bug((SharedFolders, "access"))
def viewer_without_comments_may_write(right):
    def access(folders, shared, home, prefix):
        found = right(folders, shared, home, prefix)
        member = shared.members.get(home.owner)
        return found._replace(is_read_only=member is None or member.level == "viewer")

    return access


@bug((Tree, "total_used"))
def folder_of_somebody_else_counts_for_nothing(_right):
    def total_used(tree):
        own = [each for each in tree.mounts.values() if each.target.owner == tree.owner]
        return tree.used + sum(each.target.used for each in own)

    return property(total_used)


@bug((revisions, "of_file"))
def list_of_revisions_by_id_leaves_out_other_namespaces(right):
    def of_file(view, place):
        found = right(view, place)
        own = [each for each in found.versions if each.view.tree is place.tree]
        return found._replace(versions=own)

    return of_file


@bug((FileStore, "has_room"))
def everybody_has_room(right):
    return lambda store, home, more: bool(home.mounts) or right(store, home, more)
