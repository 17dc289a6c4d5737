"""Tests of copies of the SDK's values."""

from datetime import datetime, timezone

import pytest
from dropbox import files

from fakedropbox import FakeDropboxService
from fakedropbox._api.structs import deep_copy


def mutable(value):
    """Yield the lists, metadata and listings in a value, with the value itself if it is one."""
    if isinstance(value, list):
        yield value
        for each in value:
            yield from mutable(each)
    elif isinstance(value, (files.Metadata, files.ListFolderResult)):
        yield value
        for name, _ in value._all_fields_:
            yield from mutable(getattr(value, f"_{name}_value"))


def test_a_copy_equals_the_value_and_shares_nothing_mutable_with_it():
    client = FakeDropboxService(files={"/a": b"1", "/b/c": b"2"}).client()
    page = client.files_list_folder("", recursive=True)
    copied = deep_copy(page)
    assert copied == page
    originals, copies = list(mutable(page)), list(mutable(copied))
    assert len(originals) == len(copies) == 5
    assert {id(each) for each in originals}.isdisjoint(map(id, copies))


@pytest.mark.parametrize(
    "value",
    [
        None,
        "a",
        1,
        datetime(2026, 1, 1, tzinfo=timezone.utc),
        [],
        files.WriteMode.update("0123456789"),
    ],
    ids=repr,
)
def test_a_copy_of_a_scalar_a_list_or_a_union_is_equal(value):
    assert deep_copy(value) == value


def test_a_value_that_is_not_of_the_sdk_is_refused():
    with pytest.raises(TypeError, match="value: expected a value of the SDK, got <object"):
        deep_copy([object()])
