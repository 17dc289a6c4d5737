"""Tests of the layout: the paths of a job, job ids, and checks of names and folders."""

from datetime import datetime, timezone

import pytest

from dropspool import layout

MOMENT = datetime(2026, 1, 2, 3, 4, 5, 67, tzinfo=timezone.utc)


def test_a_job_has_a_path_for_each_of_its_states():
    job = layout.parse_job_id("20260102_030405_000067-fermions-ada-00abc")
    assert (job.display_name, job.username) == ("fermions", "ada")
    name = job.job_id
    assert job.queued == f"/Backend_files/Queued_Jobs/fermions/job-{name}.json"
    assert job.running == f"/Backend_files/Running_Jobs/job-{name}.json"
    assert job.finished == f"/Backend_files/Finished_Jobs/fermions/ada/job-{name}.json"
    assert job.deleted == f"/Backend_files/Deleted_Jobs/job-{name}.json"
    assert job.status == f"/Backend_files/Status/fermions/ada/status-{name}.json"
    assert job.result == f"/Backend_files/Result/fermions/ada/result-{name}.json"
    assert layout.config_path("fermions") == "/Backend_files/Config/fermions/config.json"
    assert layout.queue_folder("fermions") == "Backend_files/Queued_Jobs/fermions"


@pytest.mark.parametrize("user", ["ada", "a-b-c", "-", "a.b", "Ada Lovelace", "x-00000", "chloé"])
def test_a_new_job_id_is_parsed_back_into_its_job(user):
    job = layout.new_job(MOMENT, "fermions", user)
    assert job.job_id.startswith(f"20260102_030405_000067-fermions-{user}-")
    assert layout.parse_job_id(job.job_id) == job
    assert layout.parse_job_file(f"job-{job.job_id}.json") == job


def test_ids_of_the_replaced_system_are_parsed_and_sort_before_ours_of_the_same_second():
    old = "20260102_030405-fermions-ada-fffff"
    assert layout.parse_job_id(old).username == "ada"
    assert old < layout.new_job(MOMENT, "fermions", "ada").job_id


@pytest.mark.parametrize(
    "job_id",
    [
        "",
        "jdsfssdfs",
        "20260102_030405-fermions-00abc",
        "20260102_030405-Fermions-ada-00abc",
        "20260102_030405-fermions-ada-00ABC",
        "20260102_030405-fermions-ada-00abc\n",
        "20260102_030405-fermions-a/b-00abc",
        "20260102_030405-fermions-..-00abc",
        "20260102_030405-fermions-ada -00abc",
        "٢٠٢٦٠١٠٢_030405-fermions-ada-00abc",
        f"20260102_030405-fermions-{'a' * 206}-00abc",
    ],
)
def test_an_invalid_job_id_is_not_parsed(job_id):
    assert layout.parse_job_id(job_id) is None
    assert layout.parse_job_file(f"job-{job_id}.json") is None


@pytest.mark.parametrize("name", ["config.json", "job-1.json", "job-", ".json", "notes.txt"])
def test_an_invalid_name_of_a_job_file_is_not_parsed(name):
    assert layout.parse_job_file(name) is None


@pytest.mark.parametrize("name", ["", "Fermions", "a-b", "a_b", "a b", "a\n", "é", "²", "a" * 213])
def test_an_invalid_display_name_is_refused(name):
    assert not layout.is_display_name(name)
    with pytest.raises(ValueError, match=r"^display_name: expected"):
        layout.checked_display_name(name)


UNUSABLE = [
    "",
    " ",
    " ada",
    "ada ",
    "ada\u3000",
    "a/b",
    "a\\b",
    ".",
    "..",
    "a\x00",
    "a\nb",
    "a\x7fb",
    "a\x85b",
    "a\x9fb",
    "\ud83d",
    "a\U0001f600",
    "\ufa6c",  # its composed form is beyond the Basic Multilingual Plane
    "desktop.ini",
    "Thumbs.DB",
    ".dropbox",
    ".DS_Store",
    "Desktop.\u0130ni",
]


@pytest.mark.parametrize("name", [*UNUSABLE, "a" * 206])
def test_an_invalid_username_is_refused(name):
    with pytest.raises(ValueError, match=r"^username: expected") as raised:
        layout.checked_username(name, "fermions")
    assert repr(name) in str(raised.value)


@pytest.mark.parametrize(
    "name", ["a", "-", "...", "a.", "~$x", "Bob", "ada@example.org", "文字", "a\u200bb", "a" * 205]
)
def test_a_valid_username_is_returned_unchanged(name):
    assert layout.checked_username(name, "fermions") == name


def test_a_username_is_returned_in_composed_form():
    assert layout.checked_username("e\u0301", "fermions") == "\u00e9"


@pytest.mark.parametrize("given", ["a/b", "/a/b", "a/b/", "/a/b/", "//a/b//"])
def test_slashes_at_the_ends_of_a_folder_are_ignored(given):
    assert layout.checked_folder(given) == "/a/b"
    assert layout.checked_file(given, "c") == "/a/b/c.json"
    assert layout.checked_file(given, "c", prefix="job-") == "/a/b/job-c.json"


@pytest.mark.parametrize("given", ["", "/", "a//b", "a/../b", "a/./b", "a/ b", "a\\b", "a/b\n"])
def test_an_invalid_folder_is_refused(given):
    with pytest.raises(ValueError, match=r"^start_path: expected") as raised:
        layout.checked_folder(given, "start_path")
    assert repr(given) in str(raised.value)


@pytest.mark.parametrize("name", [*UNUSABLE, "a" * 251])
def test_an_invalid_name_of_a_file_is_refused(name):
    with pytest.raises(ValueError, match=r"^job_id: expected"):
        layout.checked_file("a", name)


def test_a_name_of_a_file_has_at_most_255_characters():
    assert layout.checked_file("a", "b" * 250) == f"/a/{'b' * 250}.json"
    with pytest.raises(ValueError, match=r"^job_id: expected 1 to 246 characters"):
        layout.checked_file("a", "b" * 247, prefix="job-")
    longest = layout.new_job(MOMENT, "fermions", "a" * 205).result
    assert len(longest.rpartition("/")[2]) == 255


@pytest.mark.parametrize("value", [None, 7, b"ada", ["ada"]])
def test_a_value_that_is_not_a_string_raises_a_type_error_that_names_the_argument(value):
    for argument, check in [
        ("display_name", layout.checked_display_name),
        ("username", lambda name: layout.checked_username(name, "fermions")),
        ("storage_path", layout.checked_folder),
        ("job_id", lambda name: layout.checked_file("a", name)),
        ("job_id", layout.parse_job_id),
    ]:
        with pytest.raises(TypeError, match=f"^{argument}: expected a str"):
            check(value)
