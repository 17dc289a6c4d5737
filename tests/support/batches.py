"""What the tests of batches share: waiting for a job, and short words for what it came to."""

from dropbox.files import RelocationPath
from tests.support.doors import chain


def outcome(check, launched):
    """What a launch came to: its status once it is no longer in progress, or its own answer."""
    if launched.is_complete():
        return launched
    while (status := check(launched.get_async_job_id())).is_in_progress():
        pass
    return status


def entries(check, launched):
    """The results of the entries of a batch."""
    return outcome(check, launched).get_complete().entries


def words(results):
    """``success``, or the chain of tags of the failure, of each result."""
    return ["success" if each.is_success() else chain(each.get_failure()) for each in results]


def pairs(*ends):
    """Entries of a copy or move."""
    return [RelocationPath(*both) for both in ends]


def move(dbx, *ends, **options):
    """The results of a batch of moves."""
    launched = dbx.files_move_batch_v2(pairs(*ends), **options)
    return entries(dbx.files_move_batch_check_v2, launched)


def copy(dbx, *ends, **options):
    """The results of a batch of copies."""
    launched = dbx.files_copy_batch_v2(pairs(*ends), **options)
    return entries(dbx.files_copy_batch_check_v2, launched)


def create(dbx, *paths, **options):
    """The results of a batch of new folders."""
    launched = dbx.files_create_folder_batch(list(paths), **options)
    return entries(dbx.files_create_folder_batch_check, launched)


def delete(dbx, *args):
    """The results of a batch of deletions."""
    return entries(dbx.files_delete_batch_check, dbx.files_delete_batch(list(args)))
