"""Context managers that plant one bug of shared folders each; `SharedFolderMachine` finds them."""

from dataclasses import replace
from unittest.mock import patch

from tests.support.planted_bugs import registrar

from fakedropbox._api.files import batch, metadata, sharing_info
from fakedropbox._api.files.places import node_at, place_at, view_of
from fakedropbox._api.sharing import (
    folder_changes,
    folder_jobs,
    folder_members,
    folder_metadata,
    folder_mounts,
    folder_rights,
    member_changes,
)
from fakedropbox._base.undo import UndoLog
from fakedropbox._facts import messages
from fakedropbox._files import copying, listing, mounting, store
from fakedropbox._files.places import View
from fakedropbox._files.shared_folders import Access, Policy, SharedFolders
from fakedropbox._files.store import FileStore
from fakedropbox._files.tree import Mount, Tree, tree_of
from fakedropbox.errors import RouteError

FOLDER_BUGS = {}
bug = registrar(FOLDER_BUGS)


@bug((Access, "check_write"))
def a_viewer_may_write(_right):
    return lambda access: None  # noqa: ARG005


@bug((SharedFolders, "remove_member"))
def who_leaves_stays_a_member(_right):
    return lambda folders, shared, account_id: None  # noqa: ARG005


@bug((FileStore, "_sign"))
def the_last_writer_is_not_recorded(_right):
    return lambda files, place, file: None  # noqa: ARG005


@bug((SharedFolders, "add_member"))
def adding_a_member_again_lowers_the_level(right):
    def add_member(folders, shared, account_id, level, now):
        right(folders, shared, account_id, level, now)
        if account_id != shared.owner:
            folders.set_level(shared, account_id, level)

    return add_member


@bug((member_changes, "changes_members"))
def editors_change_members_whatever_the_policy(_right):
    return lambda shared, membership: membership.level in ("owner", "editor")  # noqa: ARG005


@bug((Tree, "total_used"))
def mounts_take_no_space(_right):
    return property(lambda tree: tree.used)


@bug((listing, "_crossed"))
def a_listing_crosses_mounts_unasked(_right):
    def crossed(listing, inner, folder):
        return inner.mounts_below(folder) if listing.recursive else []

    return crossed


@bug((folder_mounts.mounting, "unshare"))
def unsharing_leaves_no_copies(right):
    return lambda files, shared, leave_a_copy: right(files, shared, leave_a_copy=False)  # noqa: ARG005


@bug((View, "past_views"))
def a_member_sees_no_past_of_a_mount(_right):
    return lambda view: [view]


@bug((store, "_check_border"))
def shared_folders_can_be_nested(_right):
    return lambda source, nodes: None  # noqa: ARG005


@bug((folder_metadata, "moment"))
def the_time_of_the_invitation_is_one_second_late(right):
    return lambda seconds: right(seconds + 1)


@bug((SharedFolders, "transfer"))
def the_former_owner_becomes_a_viewer(right):
    def transfer(folders, shared, account_id):
        former = shared.owner
        right(folders, shared, account_id)
        folders.set_level(shared, former, "viewer")

    return transfer


@bug((sharing_info, "_new_info_of_folder"))
def a_folder_in_a_mount_is_never_read_only(right):
    return lambda is_read_only, *rest: right(False, *rest)  # noqa: ARG005


@bug((metadata, "show_in_mount"))
def a_mount_has_no_sharing_information(_right):
    return lambda view, mount, meta: None  # noqa: ARG005


@bug((folder_rights, "_OF_EDITORS"))
def an_editor_may_unshare(right):
    return right | {"unshare"}


@bug((folder_members, "member_refusal"))
def an_action_on_the_owner_is_refused_for_another_reason(right):
    def refusal(shared, *rest):
        found = right(shared, *rest)
        return "user_not_allowed_by_owner" if found == "target_is_owner" else found

    return refusal


@bug((folder_jobs, "check_job"))
def a_job_of_another_kind_is_known(right):

    def check_job(call, id_, route):
        try:
            return right(call, id_, route)
        except RouteError:
            return right(call, id_, "sharing/remove_folder_member")

    return check_job


@bug((mounting, "_spot"))
def a_copy_is_left_at_the_root(right):

    return lambda folder: replace(right(folder), base=tree_of(folder).root)


@bug((copying, "_few_enough"))
def a_copy_of_a_mount_is_empty(right):

    return lambda node: [node] if isinstance(node, Mount) else right(node)


@bug((folder_changes, "changed_policy"))
def a_policy_that_is_not_given_is_reset(right):

    return lambda before, arg, **options: right(Policy(), arg, **options)  # noqa: ARG005


@bug((metadata, "_show_lock"))
def every_member_holds_a_lock(right):
    def show_lock(view, meta, lock):
        right(view, meta, lock)
        if lock is not None:
            meta.file_lock_info.is_lockholder = True

    return show_lock


@bug((batch, "moved"))
def a_viewer_may_move_out_of_a_folder_in_a_batch(_right):
    def moved(call, ends, *, autorename):
        node = node_at(call, ends.from_path, field="from_path", tag="from_lookup")
        place = place_at(call, ends.to_path, field="to_path", tag="to")
        call.world.files.move(node, place, autorename=autorename)
        return metadata.metadata_of(view_of(call), node)

    return moved


@bug((copying, "save"))
def a_viewer_may_save_a_reference(right):
    def save(files, source, place):
        access = place.access and place.access._replace(is_read_only=False)
        return right(files, source, replace(place, access=access))

    return save


@bug((View, "at_root"))
def paths_below_a_path_root_begin_at_the_mount(right):
    def at_root(view, shared):
        access = right(view, shared).access
        mount = shared.mounted_in(view.home)
        prefix = ("", "") if mount is None else view.paths(mount)
        return right(view, shared)._replace(access=access._replace(prefix=prefix))

    return at_root


@bug((messages, "INVALID_SHARED_FOLDER"))
def an_error_has_another_text(_right):
    return {"en": "There is no such folder."}


@bug((batch, "_relocate_all"))
def an_older_batch_keeps_what_it_did_before_a_refusal(right):
    def relocate_all(call, *rest):
        with patch.object(UndoLog, "back_to", lambda undo, mark: None):  # noqa: ARG005
            return right(call, *rest)

    return relocate_all
