"""Machines for options, limits and older forms of calls."""

from tests.support.link_machine import RULES, without

from fakedropbox import FakeDropboxService, Personality
from fakedropbox.machines import DropboxMachine

DETAIL_RULES = {
    *("by_namespace", "create_at_border", "download_by_rev", "fill_up", "get_old_reference"),
    *("give_long_property", "give_properties_twice", "other_template", "pass_time"),
    *("relocate_all", "revisions_before", "search_filtered", "tag_to_limit", "upload_dated"),
    *("move_listed", "rename_again", "restore_deleted", "set_one_property", "upload_text"),
    "copy_folder_when_full",
}


class Lockable(DropboxMachine):
    """A machine for an account in which files can be locked."""

    strict = True

    def make_client(self):
        personality = Personality(lock_of_unshared_file="granted")
        return FakeDropboxService(personality=personality).client()


def machine_with(rules):
    """Return a machine that has only these rules; fewer rules reach deeper states."""
    return type("OnlySome", (Lockable,), without(RULES - rules))
