"""Tests of the SDK's objects for errors of routes."""

from dropbox import sharing

from fakedropbox._api.refusals import error_object
from fakedropbox.errors import RouteError


def test_a_tag_that_the_sdk_lacks_becomes_the_catch_all_tag():
    error = RouteError("bad_member/tag_of_a_later_version")
    found = error_object(sharing.AddFolderMemberError_validator, error)
    assert found.get_bad_member().is_other()
