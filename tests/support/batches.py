"""Helpers for tests of batches: calls that wait for the job, and short forms of results."""

from dropbox.files import RelocationPath
from tests.support.doors import chain


def outcome(check, launched):
    """Wait for a launched job; return its final status, or the launch itself if it is complete."""
    if launched.is_complete():
        return launched
    while (status := check(launched.get_async_job_id())).is_in_progress():
        pass
    return status


def entries(check, launched):
    """Wait for a batch and return the results of its entries."""
    return outcome(check, launched).get_complete().entries


def words(results):
    """Return ``success`` or the chain of tags of the failure for each result."""
    return ["success" if each.is_success() else chain(each.get_failure()) for each in results]


def pairs(*ends):
    """Return the entries of a batch of copies or moves, each from one path to another."""
    return [RelocationPath(*both) for both in ends]


def move(dbx, *ends, **options):
    """Move in a batch and return the results."""
    launched = dbx.files_move_batch_v2(pairs(*ends), **options)
    return entries(dbx.files_move_batch_check_v2, launched)


def copy(dbx, *ends, **options):
    """Copy in a batch and return the results."""
    launched = dbx.files_copy_batch_v2(pairs(*ends), **options)
    return entries(dbx.files_copy_batch_check_v2, launched)


def create(dbx, *paths, **options):
    """Create folders in a batch and return the results."""
    launched = dbx.files_create_folder_batch(list(paths), **options)
    return entries(dbx.files_create_folder_batch_check, launched)


def delete(dbx, *args):
    """Delete in a batch and return the results."""
    return entries(dbx.files_delete_batch_check, dbx.files_delete_batch(list(args)))
