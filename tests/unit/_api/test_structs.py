"""Tests of the tags that stand for those which the SDK lacks."""

import copy
import json

import pytest
from dropbox import async_, files, sharing
from stone.backends.python_rsrc.stone_serializers import (
    json_compat_obj_decode,
    json_compat_obj_encode,
)

from fakedropbox._api.structs import NewerTag, name_newer_tags

WRITE = {".tag": "path_write", "path_write": {".tag": "tag_of_a_later_version"}}


def test_a_tag_unknown_to_the_sdk_equals_the_catch_all_and_is_written_as_itself():
    tag = copy.deepcopy(NewerTag("newer", "other"))
    assert (tag == "other", tag != "other", tag == "newer") == (True, False, False)
    assert tag == NewerTag("newer", "other") != NewerTag("newest", "other")
    assert {"other": 1}[tag] == 1
    assert (str(tag), repr(tag), f"{tag:>6}") == ("other", "'other'", " other")
    assert json.dumps({".tag": tag}) == '{".tag": "newer"}'


@pytest.mark.parametrize(
    ("validator", "plain"),
    [
        (files.DeleteBatchResult_validator, {"entries": [{".tag": "failure", "failure": WRITE}]}),
        (files.DeleteBatchLaunch_validator, {".tag": "other_thing"}),
        (async_.PollEmptyResult_validator, {".tag": "in_progress"}),
        (
            files.DeleteBatchLaunch_validator,
            {".tag": "complete", "entries": [{".tag": "failure", "failure": WRITE}]},
        ),
        (
            sharing.AddMember_validator,
            {"member": {".tag": "email", "email": "a@example.com"}, "access_level": {".tag": "x"}},
        ),
    ],
)
def test_tags_unknown_to_the_sdk_are_restored_in_decoded_values(validator, plain):
    value = json_compat_obj_decode(validator, plain, strict=False)
    name_newer_tags(value, plain)
    assert json.loads(json.dumps(json_compat_obj_encode(validator, value))) == plain


def test_a_tag_unknown_to_the_sdk_is_restored_in_a_union_in_the_short_form():
    value = json_compat_obj_decode(files.WriteError_validator, "newer", strict=False)
    name_newer_tags(value, "newer")
    assert json_compat_obj_encode(files.WriteError_validator, value) == {".tag": value._tag}
    assert json.dumps(value._tag) == '"newer"'
