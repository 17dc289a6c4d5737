"""Tests of unmodified `rclone`, with Dropbox's own host names through the proxy."""

import json
import shutil
from datetime import datetime, timedelta, timezone

import pytest
from dropbox.sharing import MemberSelector


@pytest.fixture
def rclone(program, environ, missing):
    """Return a function that runs `rclone`, with the remote ``box:`` from the environment."""
    if shutil.which("rclone") is None:
        missing("rclone")  # before the test plans faults, which would then remain unused
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
    # ASCII names only: old versions of rclone send other letters in headers unescaped, which is
    # refused (F1.1-07).
    source = tmp_path / "source"
    (source / "below").mkdir(parents=True)
    (source / "a.txt").write_bytes(b"one")
    (source / "below" / "b.txt").write_bytes(b"two")
    return source


def test_a_folder_can_be_copied_checked_and_synchronized(rclone, folder, dropbox_service):
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


def test_files_can_be_moved_copied_and_deleted(rclone, dropbox_service):
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


def test_the_root_can_be_listed_and_the_used_space_shown(rclone, dropbox_service):
    dropbox_service.seed_files({"/a/b/c": b"x", "/d": b"y"})
    assert sorted(rclone("lsf", "-R", "box:").split()) == ["a/", "a/b/", "a/b/c", "d"]
    assert rclone("cat", "box:a/b/c") == "x"
    assert json.loads(rclone("about", "box:", "--json"))["used"] == 2


def test_a_large_file_is_uploaded_in_chunks(rclone, tmp_path, dropbox_service):
    content = bytes(range(256)) * 80_000
    (tmp_path / "big").write_bytes(content)
    rclone("copy", "big", "box:", "--dropbox-chunk-size", "4M")
    assert dropbox_service.read("/big") == content
    assert len(dropbox_service.calls.of("files/upload_session/append_v2")) >= 4
    rclone("copyto", "box:big", "back")
    assert (tmp_path / "back").read_bytes() == content


def test_failed_calls_are_retried(rclone, environ, folder, dropbox_service):
    environ["RCLONE_RETRIES"] = "3"
    dropbox_service.faults.rate_limit("files/upload")
    dropbox_service.faults.lost_reply("files/upload")
    rclone("copy", folder, "box:copied")
    assert len(dropbox_service.files) == 2


@pytest.mark.dropbox(files={"/docs/a b.txt": b"one"})
@pytest.mark.evidence("S2-08", "S2-11", "S2-14", "S4-05", "S4-20")
def test_a_link_is_created_once_and_then_found(rclone, dropbox_service):
    list_links = dropbox_service.client().sharing_list_shared_links
    for path in ("docs/a b.txt", "docs"):
        url = rclone("link", f"box:{path}").strip()
        assert rclone("link", f"box:{path}").strip() == url
        # rclone's option --unlink does nothing with Dropbox.
        assert rclone("link", "--unlink", f"box:{path}").strip() == url
        assert [link.url for link in list_links(f"/{path}", direct_only=True).links] == [url]
    rclone("link", "box:none", code=1)
    rclone("link", "--expire", "1w", "box:docs", code=1)  # the plan has no links that expire
    assert dropbox_service.calls[-1].outcome == "settings_error/not_authorized"


@pytest.mark.dropbox(plan="pro", files={"/a.txt": b"one"})
@pytest.mark.evidence("S2-11", "S3-08")
def test_a_link_can_expire(rclone, dropbox_service):
    url = rclone("link", "--expire", "1w", "box:a.txt").strip()
    (link,) = dropbox_service.client().sharing_list_shared_links("/a.txt").links
    assert link.url == url
    # rclone adds the week to the time of the machine, not to that of the service.
    left = link.expires - datetime.now(timezone.utc).replace(tzinfo=None)
    assert timedelta(days=6, hours=23) < left < timedelta(days=7, hours=1)
    assert rclone("link", "box:a.txt").strip() == url


@pytest.mark.evidence("S10-15", "S12-01", "S12-03")
def test_a_folder_that_others_share_is_found_and_mounted(rclone, folder, dropbox_service):
    bob = dropbox_service.accounts.create("bob@example.com")
    dropbox_service.seed_files({"/Docs/c.txt": b"three"}, account=bob)
    dropbox_service.share_folder(
        "/Docs", account=bob, members=[dropbox_service.accounts.default], mount=False
    )
    assert rclone("lsf", "--dropbox-shared-folders", "box:") == "Docs/\n"
    assert dropbox_service.files == {}
    assert rclone("cat", "--dropbox-shared-folders", "box:Docs/c.txt") == "three"
    assert dropbox_service.files == {"/Docs/c.txt": b"three"}
    rclone("copy", "--dropbox-shared-folders", folder, "box:Docs/copied")
    assert dropbox_service.files_of(bob) == {
        "/Docs/c.txt": b"three",
        "/Docs/copied/a.txt": b"one",
        "/Docs/copied/below/b.txt": b"two",
    }
    assert dropbox_service.files == dropbox_service.files_of(bob)


@pytest.mark.evidence("S5-19", "S14-21", "S14-23", "S14-24", "S16-10")
def test_files_that_others_share_are_listed_and_read(rclone, dropbox_service):
    bob = dropbox_service.accounts.create("bob@example.com")
    dropbox_service.seed_files({"/Docs/a b.txt": b"one", "/Docs/c": b"two"}, account=bob)
    me = MemberSelector.email(dropbox_service.accounts.default.email)
    bobs = dropbox_service.client(account=bob)
    for path in ("/Docs/a b.txt", "/Docs/c"):
        bobs.sharing_add_file_member(path, [me])
    option = "--dropbox-shared-files"

    def printed(*command):
        """Return the sorted lines of the output, without the Go structures that rclone prints."""
        lines = rclone(*command).splitlines()
        return sorted(line for line in lines if not line.startswith("&{"))

    assert printed("lsf", option, "box:") == ["a b.txt", "c"]
    assert printed("cat", option, "box:a b.txt") == ["one"]
    bobs.sharing_unshare_file("/Docs/a b.txt")
    assert printed("lsf", option, "box:") == ["c"]
    assert dropbox_service.files == {}
