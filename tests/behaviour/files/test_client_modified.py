"""Tests of `client_modified`: the year 1, and times that are one second early."""

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from dropbox.files import WriteMode

from fakedropbox import FakeDropboxService, Personality

EARLY = replace(Personality.recorded, early_client_modified=True)
COUNT = 420


def seconds_early(dbx, path="/{}", **options):
    """Return by how many seconds `client_modified` precedes `server_modified` in each upload."""
    metas = [
        dbx.files_upload(b"%d" % index, path.format(index), **options) for index in range(COUNT)
    ]
    return [(meta.server_modified - meta.client_modified) // timedelta(seconds=1) for meta in metas]


@pytest.mark.evidence("F4-10")
@pytest.mark.parametrize("options", [{}, {"path": "/a", "mode": WriteMode.overwrite}])
def test_client_modified_is_one_second_early_for_some_files(options):
    early = seconds_early(FakeDropboxService(personality=EARLY).client(), **options)
    assert set(early) == {0, 1}
    assert COUNT * 9 / 42 * 0.7 < sum(early) < COUNT * 9 / 42 * 1.3  # 9 of 42 were recorded


def test_the_seed_determines_the_files_with_an_early_time():
    def early(seed):
        return seconds_early(FakeDropboxService(personality=EARLY, seed=seed).client())

    assert early(1) == early(1)
    assert early(1) != early(2)


@pytest.mark.evidence("F4-10")
@pytest.mark.dropbox(personality=EARLY)
def test_a_given_client_modified_is_never_early(dbx):
    when = datetime(2020, 1, 1)  # noqa: DTZ001 -- the SDK's datetimes are naive
    for index in range(50):
        meta = dbx.files_upload(b"%d" % index, "/a", mode=WriteMode.overwrite, client_modified=when)
        assert meta.client_modified == when
    copied = dbx.files_copy_v2("/a", "/b").metadata
    assert copied.client_modified == when


def test_the_documented_and_hostile_personalities_have_early_times_but_recorded_does_not():
    assert not Personality.recorded.early_client_modified
    assert Personality.documented.early_client_modified
    assert Personality.hostile.early_client_modified


@pytest.mark.evidence("F4-10")
@pytest.mark.parametrize(
    ("given", "stored"),
    [
        ("0001-01-01T00:00:00Z", "2001-01-01T00:00:00Z"),
        ("0001-06-30T12:34:56Z", "2001-06-30T12:34:56Z"),
        ("1001-01-01T00:00:00Z", "1001-01-01T00:00:00Z"),
    ],
)
def test_the_year_1_is_stored_as_2001(wire, given, stored):
    meta = wire.upload({"path": "/a", "client_modified": given}, b"x").json()
    assert meta["client_modified"] == stored
    assert wire.rpc("files/get_metadata", {"path": "/a"}).json()["client_modified"] == stored


@pytest.mark.parametrize("given", ["0002-01-01T00:00:00Z", "0999-12-31T00:00:00Z"])
def test_years_from_2_to_999_are_refused(wire, given):
    answer = wire.upload({"path": "/a", "client_modified": given}, b"x")
    assert answer.status_code == 400
    assert "client_modified: time data" in answer.text
