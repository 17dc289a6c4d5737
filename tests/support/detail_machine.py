"""A machine for options, limits and older forms of calls, with the rules that they depend on."""

from tests.support.link_machine import RULES, without

from fakedropbox import FakeDropboxService, Personality
from fakedropbox.machines import DropboxMachine

DETAIL_RULES = {
    *("by_namespace", "create_at_border", "download_by_rev", "fill_up", "get_old_reference"),
    *("give_long_property", "give_properties_twice", "other_template", "pass_time"),
    *("relocate_all", "revisions_before", "search_filtered", "tag_to_limit", "upload_dated"),
}
_OTHER_RULES = {
    *("upload", "create_folder", "delete", "move", "copy", "restore", "start_session", "append"),
    *("finish", "upload_batch", "append_batch", "list_revisions", "list_folder", "lock"),
    *("list_folder_continue", "save_reference", "get_metadata", "tag", "untag"),
    *("give_properties", "change_properties", "search"),
}


class DetailMachine(
    type("OnlyDetails", (DropboxMachine,), without(RULES - DETAIL_RULES - _OTHER_RULES))
):
    """A machine with these rules only, in an account in which files can be locked."""

    strict = True

    def make_client(self):
        personality = Personality(lock_of_unshared_file="granted")
        return FakeDropboxService(personality=personality).client()
