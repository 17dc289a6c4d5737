"""`rclone`, unedited, by Dropbox's own names through the proxy."""

import json
import shutil

import pytest


@pytest.fixture
def rclone(program, environ, missing):
    """A command on the remote ``box:``, which is known by the environment only."""
    if shutil.which("rclone") is None:
        missing("rclone")  # here, before a test plans faults that nobody would then meet
    token = {
        "access_token": environ["DROPBOX_ACCESS_TOKEN"],
        "refresh_token": environ["DROPBOX_REFRESH_TOKEN"],
        "token_type": "bearer",
        "expiry": "2099-01-01T00:00:00Z",
    }
    environ |= {
        "RCLONE_CONFIG": "",
        "RCLONE_CONFIG_BOX_TYPE": "dropbox",
        "RCLONE_CONFIG_BOX_CLIENT_ID": environ["DROPBOX_APP_KEY"],
        "RCLONE_CONFIG_BOX_CLIENT_SECRET": environ["DROPBOX_APP_SECRET"],
        "RCLONE_CONFIG_BOX_TOKEN": json.dumps(token),
        "RCLONE_DROPBOX_BATCH_MODE": "off",
        "RCLONE_RETRIES": "1",
        "RCLONE_LOW_LEVEL_RETRIES": "1",
    }
    return lambda *command, code=0: program("rclone", *command, code=code)


@pytest.fixture
def folder(tmp_path):
    # ASCII only: an rclone of before 2024 writes others into a header as they are (F1.1-07).
    source = tmp_path / "source"
    (source / "below").mkdir(parents=True)
    (source / "a.txt").write_bytes(b"one")
    (source / "below" / "b.txt").write_bytes(b"two")
    return source


def test_copy_check_sync(rclone, folder, dropbox_service):
    rclone("copy", folder, "box:copied")
    assert dropbox_service.files == {
        "/copied/a.txt": b"one",
        "/copied/below/b.txt": b"two",
    }
    rclone("check", folder, "box:copied")
    (folder / "a.txt").unlink()
    (folder / "below" / "b.txt").write_bytes(b"other")
    rclone("check", folder, "box:copied", code=1)
    rclone("sync", folder, "box:copied")
    rclone("check", folder, "box:copied")
    assert dropbox_service.files == {"/copied/below/b.txt": b"other"}


def test_move_and_delete(rclone, dropbox_service):
    dropbox_service.seed_files({"/a/1": b"x", "/a/2": b"y", "/b": b"z"})
    rclone("move", "box:a", "box:moved")
    rclone("moveto", "box:b", "box:moved/3")
    rclone("copyto", "box:moved/1", "box:moved/4")
    assert sorted(dropbox_service.files) == ["/moved/1", "/moved/2", "/moved/3", "/moved/4"]
    rclone("deletefile", "box:moved/1")
    rclone("delete", "box:moved", "--include", "2")
    assert sorted(dropbox_service.files) == ["/moved/3", "/moved/4"]
    rclone("purge", "box:moved")
    assert dropbox_service.files == {}


def test_listing_from_the_root(rclone, dropbox_service):
    dropbox_service.seed_files({"/a/b/c": b"x", "/d": b"y"})
    assert sorted(rclone("lsf", "-R", "box:").split()) == ["a/", "a/b/", "a/b/c", "d"]
    assert rclone("cat", "box:a/b/c") == "x"
    assert json.loads(rclone("about", "box:", "--json"))["used"] == 2


def test_a_large_upload_in_pieces(rclone, tmp_path, dropbox_service):
    content = bytes(range(256)) * 80_000
    (tmp_path / "big").write_bytes(content)
    rclone("copy", "big", "box:", "--dropbox-chunk-size", "4M")
    assert dropbox_service.read("/big") == content
    assert len(dropbox_service.calls.of("files/upload_session/append_v2")) >= 4
    rclone("copyto", "box:big", "back")
    assert (tmp_path / "back").read_bytes() == content


def test_what_goes_wrong_is_tried_again(rclone, environ, folder, dropbox_service):
    environ["RCLONE_RETRIES"] = "3"
    dropbox_service.faults.rate_limit("files/upload")
    dropbox_service.faults.lost_reply("files/upload")
    rclone("copy", folder, "box:copied")
    assert len(dropbox_service.files) == 2
