"""State machines that test if a Dropbox, real or fake, behaves as the known facts say.

- `DropboxMachine`: the state machine, whose results are compared with a model
- `SharedFolderMachine`: the state machine of several accounts that share folders
- `Difference`: the error that reports a result that the model does not predict
- `Interrupted`: the error that reports the calls up to a time limit

They need the extra ``testing``.
"""

from typing import TYPE_CHECKING

from fakedropbox._base.extras import missing_extra
from fakedropbox._base.public import refusing

try:
    import hypothesis  # noqa: F401 -- imported only to see if it is installed
except ImportError as missing:
    raise missing_extra(__name__, missing, "testing") from missing

from fakedropbox.machines import (
    _batches,
    _borders,
    _files,
    _filters,
    _finding,
    _link_reading,
    _links,
    _listing,
    _locks,
    _moments,
    _moved,
    _namespaces,
    _older_batches,
    _other_forms,
    _papers,
    _past,
    _properties,
    _references,
    _saving,
    _sharing,
    _space,
    _tags,
    _templates,
)
from fakedropbox.machines._comparison import Difference, Interrupted
from fakedropbox.machines._folders.machine import SharedFolderMachine
from fakedropbox.machines._kernel import Kernel

__all__ = ["Difference", "DropboxMachine", "Interrupted", "SharedFolderMachine"]

if not TYPE_CHECKING:  # type checkers would accept any name of the module
    __getattr__ = refusing(__name__)


class DropboxMachine(Kernel):
    """Random calls of an SDK client, each compared with a naive model of Dropbox.

    Subclass it, define ``make_client``, and let pytest or unittest run its ``TestCase``. The
    account has to be empty, unless ``folder`` names a folder for the machine alone. A
    `Difference` contains the expected and the actual result, and the shortest program found
    that shows it. If pytest-timeout ends the run, `Interrupted` contains the rule that was
    running, and the program up to there.

    >>> from hypothesis import settings
    >>> from fakedropbox import FakeDropbox
    >>> class Machine(DropboxMachine):
    ...     def make_client(self):
    ...         return FakeDropbox()
    >>> TestDouble = Machine.TestCase
    >>> TestDouble.settings = settings(max_examples=5, stateful_step_count=20)
    >>> TestDouble("runTest").runTest()

    The machine compares:

    - results and errors;
    - names, paths, sizes, hashes and `client_modified` in metadata;
    - ids and revisions: after each call it expects the same one or a new one, and none is used
      twice;
    - data of files, and the content of a ZIP, a temporary link or a Paper doc;
    - listings with all their pages, and the changes since each old cursor;
    - the results of a longpoll and of a search, and the part of each entry that matches;
    - used space, and the refusals of writes for which there is no room, on a fake service;
    - thumbnails, tags, properties and locks;
    - shared links, as two accounts and an app without a user see them.

    It calls every route of `files` that the SDK has, except the older forms of sessions and of
    most batches, and all routes of shared links. ``make_other_client`` makes the client of the
    second account. ``urls`` contains the data that `files_save_url` downloads, by URL.
    """

    _at_the_start = (_listing.keep_first_cursor,)
    _after_each_step = (
        _tags.check_all_tags,
        _listing.check_listings,
        _link_reading.check_all_links,
    )

    # Hypothesis needs all rules in one class. Each rule is a function in the module on its
    # subject, and has the same name here, because printed programs show that name.

    upload = _files.upload
    create_folder = _files.create_folder
    delete = _files.delete
    permanently_delete = _files.permanently_delete
    move = _files.move
    copy = _files.copy
    restore = _files.restore
    start_session = _files.start_session
    append = _files.append
    finish = _files.finish
    get_metadata = _files.get_metadata
    download = _files.download
    list_revisions = _files.list_revisions

    delete_batch = _batches.delete_batch
    relocate_batch = _batches.relocate_batch
    create_folder_batch = _batches.create_folder_batch
    start_batch = _batches.start_batch
    upload_batch = _batches.upload_batch
    append_batch = _batches.append_batch
    finish_batch = _batches.finish_batch

    upload_dated = _moments.upload_dated
    create_at_border = _borders.create_at_border
    rename_again = _borders.rename_again
    tag_to_limit = _borders.tag_to_limit
    pass_time = _moments.pass_time
    fill_up = _space.fill_up
    copy_folder_when_full = _space.copy_folder_when_full

    download_by_rev = _past.download_by_rev
    revisions_before = _past.revisions_before
    get_old_reference = _past.get_old_reference
    restore_deleted = _past.restore_deleted

    by_namespace = _namespaces.by_namespace

    relocate_all = _older_batches.relocate_all

    list_folder = _listing.list_folder
    move_listed = _moved.move_listed
    list_folder_continue = _listing.list_folder_continue
    longpoll = _listing.longpoll
    get_latest_cursor = _listing.get_latest_cursor

    search = _finding.search
    search_v1 = _finding.search_v1
    search_filtered = _filters.search_filtered
    upload_text = _filters.upload_text

    temporary_link = _links.temporary_link
    upload_link = _links.upload_link

    save_url = _saving.save_url

    download_zip = _other_forms.download_zip
    other_form = _other_forms.other_form
    upload_picture = _other_forms.upload_picture

    create_doc = _papers.create_doc
    update_doc = _papers.update_doc
    export_doc = _papers.export_doc

    get_reference = _references.get_reference
    save_reference = _references.save_reference

    tag = _tags.tag
    untag = _tags.untag
    tags = _tags.tags

    give_properties = _properties.give_properties
    change_properties = _properties.change_properties
    template = _properties.template
    properties_search = _properties.properties_search
    properties = _properties.properties

    give_long_property = _templates.give_long_property
    give_properties_twice = _templates.give_properties_twice
    set_one_property = _templates.set_one_property
    other_template = _templates.other_template

    lock = _locks.lock

    switch_account = _sharing.switch_account
    wait = _sharing.wait
    create_link = _sharing.create_link
    modify_link = _sharing.modify_link
    revoke_link = _sharing.revoke_link
    list_links = _sharing.list_links
    read_link = _link_reading.read_link
    list_linked_folder = _link_reading.list_linked_folder
    continue_linked_folder = _link_reading.continue_linked_folder
