"""Tests of the provider in a folder: base paths, symbolic links, writing, locks, other systems."""

import errno
import os
import subprocess
import sys
import threading
from datetime import timedelta

import pytest
from tests.support.storages import FOLDERS, FolderStorage, make_storage

from dropspool import LocalLoginInformation, LocalProvider
from dropspool.errors import OutOfSpace
from dropspool.providers import _local_files


@pytest.fixture(params=FOLDERS)
def storage(request):
    return make_storage(request.param, request)


class TestBasePath:
    @staticmethod
    def open(base):
        """Return a provider with this base path."""
        return LocalProvider(LocalLoginInformation(base_path=str(base)))

    def test_a_relative_base_path_does_not_follow_the_working_directory(self, storage, monkeypatch):
        monkeypatch.chdir(storage.base)
        provider = self.open(".")
        monkeypatch.chdir("/")
        provider.upload({"x": 1}, "a", "one")
        assert storage.read("/a/one.json") == b'{"x": 1}'
        assert (provider.name, provider.is_active) == ("local", True)

    def test_a_missing_base_path_is_refused_and_not_created(self, storage):
        missing = storage.base / "missing"
        with pytest.raises(FileNotFoundError, match=r"base_path: expected a folder: .*missing"):
            self.open(missing)
        assert not missing.exists()

    def test_a_file_as_base_path_is_refused(self, storage):
        storage.seed_files({"/file": b"x"})
        with pytest.raises(NotADirectoryError, match=r"base_path: expected a folder: .*file"):
            self.open(storage.base / "file")
        assert storage.files == {"/file": b"x"}

    def test_a_folder_without_write_permission_is_refused(self, storage, monkeypatch):
        # The tests may run as root, who may write everywhere.
        monkeypatch.setattr(os, "access", lambda _, mode: not mode & os.W_OK)
        with pytest.raises(PermissionError, match=r"base_path: .*write"):
            self.open(storage.base)
        assert storage.files == {}

    @pytest.mark.parametrize("base", ["", "a\0b"])
    def test_an_invalid_base_path_is_refused(self, base):
        with pytest.raises(ValueError, match="base_path: expected"):
            self.open(base)

    def test_reading_creates_no_files(self, storage):
        provider = self.open(storage.base)
        assert provider.get_backends() == []
        assert provider.get_file_queue("a") == []
        assert [*storage.base.iterdir()] == []


class TestLinks:
    @pytest.fixture
    def outside(self, storage):
        """A folder beside the base path of the storage, with one file."""
        storage.base /= "base"
        storage.base.mkdir()
        outside = storage.base.parent / "outside"
        outside.mkdir()
        (outside / "secret.json").write_bytes(b"{}")
        return outside

    def test_a_symlink_to_a_folder_outside_the_base_path_is_refused(self, storage, outside):
        provider = storage.provider()
        (storage.base / "a").symlink_to(outside)
        for attempt in (
            lambda: provider.get_file_content("a", "secret"),
            lambda: provider.upload({}, "a", "one"),
            lambda: provider.upload({}, "a/b", "one"),
            lambda: provider.update_file({"x": 1}, "a", "secret"),
            lambda: provider.delete_file("a", "secret"),
            lambda: provider.move_file("a", "b", "secret"),
            lambda: provider.get_file_queue("a"),
            lambda: provider.delete_folder("a"),
        ):
            with pytest.raises(PermissionError, match="leads out of the base path"):
                attempt()
        assert [path.name for path in outside.iterdir()] == ["secret.json"]

    def test_a_symlink_to_a_file_outside_the_base_path_is_refused_and_not_listed(
        self, storage, outside
    ):
        provider = storage.provider()
        (storage.base / "a").mkdir()
        (storage.base / "a" / "one.json").symlink_to(outside / "secret.json")
        (storage.base / "a" / "two.json").symlink_to("/nowhere/at/all")
        (storage.base / "a" / "three.json").symlink_to("three.json")
        with pytest.raises(PermissionError, match="leads out"):
            provider.get_file_content("a", "one")
        with pytest.raises(PermissionError, match="leads out"):
            provider.upload({}, "a", "one")
        assert provider.get_file_queue("a") == []

    def test_a_symlink_inside_the_base_path_is_followed(self, storage):
        provider = storage.provider()
        provider.upload({"x": 1}, "a", "one")
        (storage.base / "b").symlink_to(storage.base / "a")
        assert provider.get_file_content("b", "one") == {"x": 1}
        assert provider.get_file_queue("b") == ["one.json"]

    def test_a_path_in_the_providers_own_folder_is_refused(self, storage):
        provider = storage.provider()
        for path in (".dropspool", ".dropspool/x", ".DropSpool"):
            with pytest.raises(PermissionError, match="reserved for the provider"):
                provider.upload({}, path, "one")
        assert storage.files == {}

    def test_the_providers_own_folder_must_not_be_a_symlink(self, storage, outside):
        (storage.base / ".dropspool").symlink_to(outside)
        with pytest.raises(PermissionError, match="symbolic link"):
            storage.provider().upload({}, "a", "one")
        assert [path.name for path in outside.iterdir()] == ["secret.json"]


class TestWriting:
    def test_data_is_flushed_to_the_disk_before_the_file_gets_its_name(self, storage, monkeypatch):
        provider = storage.provider()
        provider.upload({}, "a", "old")
        synced = []
        sync, link, replace, rename = os.fsync, os.link, os.replace, os.rename
        monkeypatch.setattr(os, "fsync", lambda handle: (synced.append("sync"), sync(handle)))
        for name, call in (("link", link), ("replace", replace), ("rename", rename)):
            monkeypatch.setattr(
                os, name, lambda *paths, name=name, call=call: (synced.append(name), call(*paths))
            )
        files = provider.files
        files.create("/a/new.json", b"1")
        assert synced == ["sync", "link", "sync"]
        synced.clear()
        files.replace("/a/old.json", b"1")
        assert synced == ["sync", "replace", "sync"]
        synced.clear()
        files.move("/a/old.json", "/a/moved.json")
        assert synced == ["rename", "sync", "sync"]

    def test_a_write_after_a_crash_does_not_change_a_file_with_two_names(self, storage):
        """After the crash the file has two names. The next write must not change the file."""
        provider = storage.provider()
        provider.upload({"x": 1}, "a", "one")
        os.link(storage.base / "a" / "one.json", storage.base / ".dropspool" / "new")
        provider.upload({"x": 2}, "a", "two")
        assert storage.files == {"/a/one.json": b'{"x": 1}', "/a/two.json": b'{"x": 2}'}

    def test_a_full_disk_leaves_the_old_file_unchanged(self, storage, monkeypatch):
        def full(_):
            raise OSError(errno.ENOSPC, "No space left on device")

        provider = storage.provider()
        provider.upload({"x": 1}, "a", "one")
        monkeypatch.setattr(os, "fsync", full)
        with pytest.raises(OutOfSpace, match=r"/a/one.json"):
            provider.upload({"x": 2}, "a", "one")
        assert storage.files == {"/a/one.json": b'{"x": 1}'}

    def test_errors_do_not_show_the_base_path(self, storage):
        provider = storage.provider()
        for attempt in (
            lambda: provider.get_file_content("a", "one"),
            lambda: provider.update_file({}, "a", "one"),
            lambda: provider.move_file("a", "b", "one"),
            lambda: provider.delete_file("a", "one"),
        ):
            with pytest.raises(FileNotFoundError) as raised:
                attempt()
            assert f"{storage.base}/" not in str(raised.value)

    def test_a_conditional_update_is_atomic_across_providers(self, tmp_path):
        """The lock treats the threads of one process like separate processes."""
        storage = FolderStorage(tmp_path)
        storage.provider().upload({"n": 0}, "a", "one")
        providers = [storage.provider() for _ in range(4)]

        def count(provider):
            for _ in range(10):
                while True:
                    stored = provider.files.read("/a/one.json")
                    more = str(int(stored.data[6:-1]) + 1).encode()
                    try:
                        provider.files.update(
                            "/a/one.json", b'{"n": ' + more + b"}", stored.revision
                        )
                    except FileExistsError:
                        continue
                    break

        threads = [threading.Thread(target=count, args=(provider,)) for provider in providers]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert storage.read("/a/one.json") == b'{"n": 40}'


class TestLock:
    @pytest.fixture
    def provider(self, tmp_path):
        """A provider in a real folder: pyfakefs has no locks."""
        return FolderStorage(tmp_path).provider()

    @pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")
    def test_a_process_forked_during_a_change_does_not_keep_the_lock(self, provider, monkeypatch):
        """The child has all open files of its parent, including the file of the lock."""
        provider.upload({}, "a", "zero")
        go, end = os.pipe()
        children = []

        def fork_and_sync(handle, sync=os.fsync):
            if not children:
                children.append(os.fork())
                if children == [0]:
                    os.read(go, 1)
                    os._exit(0)
            sync(handle)

        monkeypatch.setattr(os, "fsync", fork_and_sync)
        provider.upload({}, "a", "one")
        second = threading.Thread(target=provider.upload, args=({}, "a", "two"), daemon=True)
        second.start()
        second.join(timeout=5)
        waits = second.is_alive()
        os.write(end, b"!")
        os.waitpid(children[0], 0)
        second.join()
        assert not waits

    def test_a_child_process_can_change_files_itself(self, provider):
        provider.upload({}, "a", "one")
        child = os.fork()
        if child == 0:
            provider.upload({}, "a", "two")
            os._exit(0)
        assert os.waitpid(child, 0)[1] == 0
        assert provider.get_file_queue("a") == ["one.json", "two.json"]

    def test_the_lock_excludes_another_process(self, provider, tmp_path):
        """Programs of version 0.1.0 take the lock with `flock`, in the same file."""
        provider.upload({}, "a", "one")
        code = (
            "import fcntl, sys; lock = open(sys.argv[1], 'ab'); fcntl.flock(lock, 2);"
            "print(flush=True); sys.stdin.read()"
        )
        holder = subprocess.Popen(  # noqa: S603 -- this very interpreter
            [sys.executable, "-c", code, str(tmp_path / ".dropspool" / "lock")],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
        )
        with holder:
            holder.stdout.readline()
            second = threading.Thread(target=provider.upload, args=({}, "a", "two"), daemon=True)
            second.start()
            second.join(timeout=0.1)
            assert provider.get_file_queue("a") == ["one.json"]
            holder.kill()  # the system releases the lock of a process that dies
            second.join(timeout=10)
        assert provider.get_file_queue("a") == ["one.json", "two.json"]

    def test_a_system_without_fcntl_has_a_lock_too(self, tmp_path):
        code = (
            "import sys, threading; sys.modules['fcntl'] = None\n"
            "import warnings; warnings.simplefilter('ignore')\n"
            "from dropspool import LocalLoginInformation, LocalProvider\n"
            "provider = LocalProvider(LocalLoginInformation(base_path=sys.argv[1]))\n"
            "threads = [threading.Thread(target=provider.upload, args=({}, 'a', str(n)))\n"
            "    for n in range(4)]\n"
            "[thread.start() for thread in threads]; [thread.join() for thread in threads]\n"
            "provider.move_file('a', 'b', '0'); provider.delete_file('a', '1')\n"
            "print(provider.get_file_queue('a'), provider.get_file_queue('b'))"
        )
        run = subprocess.run(  # noqa: S603 -- this very interpreter
            [sys.executable, "-c", code, str(tmp_path)], capture_output=True, text=True, check=False
        )
        assert run.stderr == ""
        assert run.stdout == "['2.json', '3.json'] ['0.json']\n"


class TestOtherSystems:
    @pytest.mark.parametrize("number", [errno.EPERM, errno.EOPNOTSUPP])
    def test_a_file_system_without_hard_links_uses_renames(self, storage, monkeypatch, number):
        def refused(*_, **__):
            raise OSError(number, os.strerror(number))

        provider = storage.provider()
        monkeypatch.setattr(os, "link", refused)
        files = provider.files
        files.create("/a/one.json", b"1")
        with pytest.raises(FileExistsError):
            files.create("/a/one.json", b"2")
        assert storage.files == {"/a/one.json": b"1"}

    def test_an_input_output_error_of_a_hard_link_is_raised(self, storage, monkeypatch):
        def refused(*_, **__):
            raise OSError(errno.EIO, "Input/output error")

        provider = storage.provider()
        monkeypatch.setattr(os, "link", refused)
        with pytest.raises(OSError, match=r"Input/output error: '/a/one.json'"):
            provider.files.create("/a/one.json", b"1")
        assert storage.files == {}

    @pytest.mark.parametrize("name", ["a:b", "a?", "a.", "a|b", 'a"b'])
    def test_names_that_windows_understands_differently_are_refused_there(
        self, storage, monkeypatch, name
    ):
        provider = storage.provider()
        monkeypatch.setattr(_local_files, "_ON_WINDOWS", True)
        with pytest.raises(OSError, match="Windows does not accept this name"):
            provider.upload({}, name, "one")
        assert storage.files == {}
        provider.upload({}, "a", "one")
        assert storage.files == {"/a/one.json": b"{}"}


def test_the_clock_of_a_test_gives_the_times_of_the_files(storage):
    provider = storage.provider(file_clock=storage.clock)
    files = provider.files
    created = files.create("/a/one.json", b"1")
    storage.clock.advance(60)
    updated = files.update("/a/one.json", b"2", created.revision)
    assert updated.modified - created.modified == timedelta(seconds=60)
    assert files.read("/a/one.json").modified == updated.modified == storage.clock.now()


def test_the_fixture_local_provider_uses_a_temporary_folder_and_the_clock_of_the_service(
    local_provider, tmp_path, dropbox_service, backend_config
):
    local_provider.upload_config(backend_config, "fermions")
    local_provider.timestamp_queue("fermions")
    assert local_provider.get_config("fermions").last_queue_check == dropbox_service.clock.now()
    assert (tmp_path / "dropspool" / "Backend_files").is_dir()
