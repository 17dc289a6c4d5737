"""Tests of the provider: files, backends, the queue, job ids, statuses and results."""

import json
from contextlib import suppress
from datetime import datetime, timedelta, timezone

import pytest
from tests.support.queues import RUNNING, watch_changes

from dropspool import (
    BrokenFile,
    DropboxProvider,
    DropboxProviderExtended,
    StorageError,
)
from dropspool.testing._faults import Died
from dropspool.testing.kit import end, result_of, status_of, submit, take

QUEUE = "/Backend_files/Queued_Jobs/fermions"
CONFIG = "/Backend_files/Config/fermions/config.json"


def running_job(provider, user="ada"):
    """Submit a job, take it, and return its id."""
    job_id = submit(provider, user, experiment_0={})
    assert take(provider) == job_id
    return job_id


def nested(depth):
    """Return a mapping with this number of mappings and lists inside each other."""
    content = {}
    for number in range(1, depth):
        content = {"x": content} if (depth - number) % 2 else [content]
    return content


class TestFiles:
    @pytest.mark.parametrize("path", ["a/b", "/a/b/", "/a/b", "a/b/"])
    def test_a_file_is_read_back_unchanged(self, provider, storage, path):
        provider.upload({"x": [1, "é"]}, path, "one")
        assert [*storage.files] == ["/a/b/one.json"]
        assert provider.get_file_content("a/b", "one") == {"x": [1, "é"]}
        provider.upload({"x": 2}, path, "one")
        assert provider.get_file_content(path, "one") == {"x": 2}

    def test_text_is_stored_unchanged_and_invalid_text_is_refused(self, provider, storage):
        provider.upload_string("no JSON: é", "a", "one")
        assert storage.read("/a/one.json") == "no JSON: é".encode()
        with pytest.raises(BrokenFile, match=r"/a/one.json"):
            provider.get_file_content("a", "one")
        with pytest.raises(ValueError, match="content_string: expected"):
            provider.upload_string("\ud83d", "a", "one")
        with pytest.raises(TypeError, match="content_string: expected"):
            provider.upload_string(b"bytes", "a", "one")

    def test_get_job_content_adds_the_prefix_to_the_name_of_the_file(self, provider):
        provider.upload({"x": 1}, "a", "job-one")
        assert provider.get_job_content("a", "one") == {"x": 1}

    def test_an_update_replaces_an_existing_file_only(self, provider, storage):
        with pytest.raises(FileNotFoundError):
            provider.update_file({"x": 1}, "a", "one")
        assert storage.files == {}
        provider.upload({"x": 1}, "a", "one")
        for content in ({"x": 2}, {"x": 2}, {"x": 1}):
            provider.update_file(content, "a", "one")
            assert provider.get_file_content("a", "one") == content

    def test_a_move_needs_a_source_and_a_free_target(self, provider, storage):
        provider.upload({"x": 1}, "a", "one")
        provider.move_file("a/", "/b", "one")
        assert [*storage.files] == ["/b/one.json"]
        with pytest.raises(FileNotFoundError):
            provider.move_file("a", "b", "one")
        provider.upload({"x": 2}, "a", "one")
        with pytest.raises(FileExistsError):
            provider.move_file("a", "b", "one")
        assert provider.get_file_content("b", "one") == {"x": 1}

    def test_a_delete_removes_a_file_or_a_folder_once(self, provider, storage):
        for name in ("one", "two"):
            provider.upload({}, "a/b", name)
        provider.delete_file("a/b", "one")
        assert [*storage.files] == ["/a/b/two.json"]
        provider.delete_folder("/a/")
        assert storage.files == {}
        for delete in (
            lambda: provider.delete_file("a/b", "two"),
            lambda: provider.delete_folder("a"),
        ):
            with pytest.raises(FileNotFoundError):
                delete()

    def test_the_error_names_the_missing_file(self, provider):
        with pytest.raises(FileNotFoundError) as raised:
            provider.get_file_content("a", "one")
        assert raised.value.filename == "/a/one.json"
        assert raised.value.__cause__ is not None

    def test_a_folder_is_not_read_as_a_file_nor_a_file_as_a_folder(self, provider, storage):
        storage.seed_files({"/a/one.json/two.json": b"{}"})
        with pytest.raises(IsADirectoryError):
            provider.get_file_content("a", "one")
        with pytest.raises(NotADirectoryError):
            provider.get_file_queue("a/one.json/two.json")

    def test_a_listing_has_the_sorted_files_without_folders(self, provider, storage):
        assert provider.get_file_queue("a") == []
        storage.seed_files(
            {f"/a/{name}": b"{}" for name in ("c.json", "B.json", "folder/x.json", "a.json")}
        )
        assert provider.get_file_queue("/a/") == ["B.json", "a.json", "c.json"]

    def test_a_listing_has_all_pages(self, provider, storage):
        names = [f"{number:04}.json" for number in range(1203)]
        storage.seed_files({f"/a/{name}": b"{}" for name in names})
        assert provider.get_file_queue("a") == names


class TestProvider:
    @pytest.mark.parametrize("name", ["", "a_b", "a b", "a%", "é", "\u212a", "a\n"])
    def test_an_invalid_name_of_a_provider_is_refused(self, dropbox_login, name):
        with pytest.raises(ValueError, match="name: expected"):
            DropboxProviderExtended(dropbox_login, name)
        with pytest.raises(TypeError, match="name: expected"):
            DropboxProviderExtended(dropbox_login, None)

    def test_the_name_of_a_provider_has_a_default_and_is_part_of_backend_names(
        self, dropbox_login, provider
    ):
        assert provider.name == "fake"
        default = DropboxProvider(dropbox_login)
        assert (default.name, default.is_active) == ("default", True)
        assert provider.long_backend_name("fermions", simulator=True) == "fake_fermions_simulator"
        assert provider.long_backend_name("fermions", simulator=False) == "fake_fermions_hardware"

    def test_an_inactive_provider_refuses_some_methods_without_a_request(self, backend, storage):
        backend.is_active = False
        before = storage.requests
        for method, arguments in [
            ("move_file", ("a", "b", "one")),
            ("delete_file", ("a", "one")),
            ("get_backends", ()),
            ("get_backend_dict", ("fermions",)),
        ]:
            with pytest.raises(ValueError, match=f"{method}: the storage provider 'fake' is not"):
                getattr(backend, method)(*arguments)
        assert storage.requests == before
        assert backend.get_config("fermions").num_wires == 8

    def test_the_repr_of_a_provider_shows_no_secret(self, dropbox_login, provider):
        secrets = dropbox_login.model_dump().values()
        assert not any(secret in f"{provider!r} {dropbox_login!r}" for secret in secrets)

    def test_the_login_can_be_read_but_is_not_shown_or_changed(self, dropbox_login, caplog):
        """Programs of the system that dropspool replaces read these attributes."""
        provider = DropboxProvider(dropbox_login)
        for name, secret in dropbox_login.model_dump().items():
            assert getattr(provider, name) == secret
            assert secret not in f"{provider!r} {provider} {vars(provider)} {caplog.text}"
            with pytest.raises(AttributeError):
                setattr(provider, name, "other")


class TestBackends:
    def test_a_configuration_is_read_back_unchanged(self, provider, backend_config):
        with pytest.raises(FileNotFoundError):
            provider.get_config("fermions")
        for wires in (8, 9):
            backend_config.num_wires = wires
            backend_config.last_queue_check = datetime(2026, 1, 2, tzinfo=timezone.utc)
            provider.upload_config(backend_config, "fermions")
            assert provider.get_config("fermions") == backend_config

    def test_an_invalid_configuration_raises_broken_file(self, provider, storage):
        for content in (b"{", b"[]", b'{"description": "x"}'):
            storage.seed_files({CONFIG: content})
            with pytest.raises(BrokenFile, match=r"fermions/config\.json"):
                provider.get_config("fermions")

    def test_backends_are_the_sorted_folders_with_a_configuration(
        self, backend, backend_config, storage
    ):
        backend.upload_config(backend_config, "bosons")
        storage.seed_files(
            {f"/Backend_files/Config/{name}": b"" for name in ("notes.txt", "My notes/x")}
        )
        assert backend.get_backends() == ["bosons", "fermions"]

    def test_get_backends_returns_an_empty_list_without_configurations(self, provider):
        assert provider.get_backends() == []

    def test_the_description_for_users_is_made_from_the_configuration(
        self, backend, backend_config
    ):
        shown = backend.get_backend_dict("fermions")
        assert shown.backend_name == "fake_fermions_simulator"
        assert (shown.n_qubits, shown.backend_version) == (8, "1.2.3")
        assert shown.basis_gates == ["fhop"]
        assert shown.memory
        assert (shown.conditional, shown.local, shown.open_pulse) == (False, False, False)
        assert shown == backend.backend_dict_to_qiskit(backend_config)
        shown.url = "https://example.org"
        with pytest.raises(ValueError, match="wire_order"):
            shown.wire_order = "zigzag"

    def test_the_status_of_a_backend_is_made_from_the_configuration(self, backend, backend_config):
        status = backend.get_backend_status("fermions")
        assert status.model_dump() == {
            "backend_name": "fake_fermions_simulator",
            "backend_version": "1.2.3",
            "operational": True,
            "pending_jobs": 0,
            "status_msg": "",
        }
        backend_config.simulator = False
        backend_config.status_msg = "cooling"
        backend.upload_config(backend_config, "fermions")
        status = backend.get_backend_status("fermions")
        assert status.status_msg == "cooling"
        assert status.backend_name == "fake_fermions_hardware"

    @pytest.mark.parametrize("name", [None, "", "bosons"])
    def test_the_folder_decides_the_name_of_the_backend(self, provider, backend_config, name):
        backend_config.display_name = name
        provider.upload_config(backend_config, "fermions")
        assert provider.get_backend_dict("fermions").backend_name == "fake_fermions_simulator"
        assert provider.get_backend_status("fermions").backend_name == "fake_fermions_simulator"

    @pytest.mark.parametrize("name", [None, ""])
    def test_a_configuration_without_a_folder_needs_a_display_name(
        self, provider, backend_config, name
    ):
        backend_config.display_name = name
        for convert in (provider.backend_dict_to_qiskit, provider.backend_dict_to_qiskit_status):
            with pytest.raises(ValueError, match="display_name: expected"):
                convert(backend_config)

    def test_timestamp_queue_changes_last_queue_check_only(self, backend, storage):
        stored = json.loads(storage.read(CONFIG)) | {"kid": "of a newer system"}
        storage.seed_files({CONFIG: json.dumps(stored).encode()})
        for _ in range(3):
            storage.clock.advance(1.5)
            backend.timestamp_queue("fermions")
            stamp = backend.get_config("fermions").last_queue_check
            assert stamp == storage.clock.now()
            changed = json.loads(storage.read(CONFIG))
            assert {**changed, "last_queue_check": None} == stored

    @pytest.mark.parametrize("later", [0, 1])
    def test_timestamp_queue_needs_a_configuration(self, provider, backend_config, storage, later):
        with pytest.raises(FileNotFoundError):
            provider.timestamp_queue("fermions")
        provider.upload_config(backend_config, "fermions")
        provider.timestamp_queue("fermions")
        provider.delete_folder("Backend_files/Config/fermions")
        storage.clock.advance(later)
        with pytest.raises(FileNotFoundError):  # and does not write the cached configuration
            provider.timestamp_queue("fermions")
        assert storage.files == {}

    def test_timestamp_queue_keeps_the_changes_of_other_processes(self, backend, storage):
        backend.timestamp_queue("fermions")
        other = json.loads(storage.read(CONFIG)) | {"num_wires": 99}
        storage.seed_files({CONFIG: json.dumps(other).encode()})
        storage.clock.advance(1)
        backend.timestamp_queue("fermions")
        config = backend.get_config("fermions")
        assert (config.num_wires, config.last_queue_check) == (99, storage.clock.now())

    def test_timestamp_queue_raises_after_five_conflicts(self, backend, monkeypatch):
        def changed_by_others(*_):
            raise FileExistsError

        monkeypatch.setattr(backend.files, "update", changed_by_others)
        with pytest.raises(StorageError, match=f"{CONFIG}: changed by others 5 times"):
            backend.timestamp_queue("fermions")

    @pytest.mark.parametrize("ahead", [timedelta(days=2), timedelta(days=36500)])
    def test_a_last_queue_check_by_a_clock_that_is_days_ahead_is_replaced(
        self, storage, backend, backend_config, ahead
    ):
        class Wrong:
            sleep = storage.clock.sleep

            def now(self):
                # The folder has the time of the real clock, and Dropbox that of the test.
                return max(storage.clock.now(), datetime.now(timezone.utc)) + ahead

        storage.provider(clock=Wrong()).timestamp_queue("fermions")
        assert backend.get_config("fermions").last_queue_check > storage.clock.now()
        backend.timestamp_queue("fermions")
        assert backend.get_config("fermions").last_queue_check == storage.clock.now()
        storage.provider(clock=Wrong()).timestamp_queue("fermions")
        backend.upload_config(backend_config, "fermions")
        assert backend.get_config("fermions").last_queue_check is None

    def test_a_last_queue_check_by_a_clock_that_is_hours_ahead_is_kept_and_increased(
        self, storage, backend
    ):
        class Ahead:
            sleep = storage.clock.sleep

            def now(self):
                return storage.clock.now() + timedelta(hours=20)

        storage.provider(clock=Ahead()).timestamp_queue("fermions")
        first = backend.get_config("fermions").last_queue_check
        backend.timestamp_queue("fermions")
        assert backend.get_config("fermions").last_queue_check == first + timedelta(microseconds=1)

    def test_timestamp_queue_can_be_repeated_at_the_same_time(self, backend):
        for _ in range(3):
            backend.timestamp_queue("fermions")


class TestQueue:
    def test_the_oldest_job_is_taken_first(self, backend):
        ids = [backend.upload_job({"n": n}, "fermions", user) for n, user in enumerate("cab")]
        assert ids == sorted(ids)
        for number, job_id in enumerate(ids):
            job = backend.get_next_job_in_queue("fermions")
            assert (job.job_id, job.job_json_path) == (job_id, "Backend_files/Running_Jobs")
            assert backend.get_job_content(job.job_json_path, job.job_id) == {"n": number}
        assert backend.get_file_queue("Backend_files/Running_Jobs") == [
            f"{kind}-{job_id}.json" for kind in ("claim", "job") for job_id in ids
        ]
        assert backend.get_next_job_in_queue("fermions").job_id == "None"

    def test_an_empty_queue_returns_no_job_and_sets_last_queue_check(self, backend, storage):
        storage.clock.advance(3)
        job = backend.get_next_job_in_queue("fermions")
        assert (job.job_id, job.job_json_path) == ("None", "None")
        assert backend.get_config("fermions").last_queue_check == storage.clock.now()

    def test_no_job_is_taken_without_a_configuration(self, provider, storage):
        queued = f"{QUEUE}/job-20260101_000000_000000-fermions-ada-00000.json"
        storage.seed_files({queued: b"{}"})
        with pytest.raises(FileNotFoundError):
            provider.get_next_job_in_queue("fermions")
        assert [*storage.files] == [queued]

    @pytest.mark.parametrize(
        "change",
        [
            pytest.param(lambda _: b"{", id="no JSON"),
            pytest.param(lambda _: b"{}", id="no fields"),
            pytest.param(lambda text: text[:-1] + b', "gates": 5}', id="another type"),
            pytest.param(lambda text: text[:-1] + b', "gates": [{"x": NaN}]}', id="NaN"),
            pytest.param(lambda text: text[:-1] + b', "mine": -Infinity}', id="-Infinity"),
            pytest.param(lambda text: text[:-1] + b', "mine": 1e999}', id="1e999"),
            pytest.param(
                lambda text: text[:-1] + b', "mine": ' + 100 * b"[" + 100 * b"]" + b"}", id="deep"
            ),
        ],
    )
    def test_an_invalid_configuration_is_reported_and_nothing_changed(
        self, backend, storage, change
    ):
        backend.upload_job({}, "fermions", "ada")
        storage.seed_files({CONFIG: change(storage.read(CONFIG))})
        before = storage.files
        for provider in (backend, storage.provider()):
            for method in ("get_config", "get_next_job_in_queue", "timestamp_queue", "recover"):
                with pytest.raises(BrokenFile, match=CONFIG):
                    getattr(provider, method)("fermions")
        assert storage.files == before

    def test_files_that_are_not_jobs_of_the_backend_are_skipped(self, backend, storage):
        strange = {
            f"{QUEUE}/{name}": b""
            for name in (
                "a.txt",
                "job-.json",
                "job-20260101_000000-bosons-ada-00000.json",
                "job-20260101_000000-fermions-ada-00000.json/folder",
                "job-20260101_000000-fermions-ada-00000 (1).json",
            )
        }
        # The queue of fermions has a copy of this job of bosons. Neither may be taken.
        strange["/Backend_files/Queued_Jobs/bosons/job-20260101_000000-bosons-ada-00000.json"] = b""
        storage.seed_files(strange)
        assert backend.get_next_job_in_queue("fermions").job_id == "None"
        job_id = backend.upload_job({}, "fermions", "ada")
        assert backend.get_next_job_in_queue("fermions").job_id == job_id
        assert strange.items() <= storage.files.items()

    def test_jobs_of_the_replaced_system_are_taken_before_ours_of_the_same_second(
        self, backend, storage
    ):
        new = backend.upload_job({}, "fermions", "ada")
        old = f"{new[:15]}-fermions-ada.l-o-00000"
        storage.seed_files({f"{QUEUE}/job-{old}.json": b"{}"})
        assert [backend.get_next_job_in_queue("fermions").job_id for _ in "12"] == [old, new]

    def test_a_broken_job_ends_in_an_error_and_the_next_one_is_taken(self, backend, storage):
        broken = "20250101_000000_000000-fermions-ada-00000"
        storage.seed_files({f"{QUEUE}/job-{broken}.json": b"{"})
        whole = backend.upload_job({}, "fermions", "ada")
        job = backend.get_next_job_in_queue("fermions")
        assert job.job_id == broken
        with pytest.raises(BrokenFile, match=broken):
            backend.get_job_content(job.job_json_path, job.job_id)
        backend.update_in_database(
            result_of(broken), status_of(broken, "ERROR"), broken, "fermions"
        )
        assert backend.get_next_job_in_queue("fermions").job_id == whole
        assert backend.get_status("fermions", "ada", broken).status == "ERROR"

    @pytest.mark.parametrize(
        "content",
        [
            '{"x": NaN}',
            '{"x": [-Infinity]}',
            '{"x": 1e999}',
            json.dumps(nested(101)),
            json.dumps(nested(900)),
        ],
    )
    def test_a_job_that_upload_job_would_refuse_ends_in_an_error(self, backend, content):
        """Other programs may have queued it; an executor does not expect it."""
        job_id = "20250101_000000_000000-fermions-ada-00000"
        backend.upload_string(content, QUEUE, f"job-{job_id}")
        assert take(backend) == job_id
        with pytest.raises(BrokenFile, match="expected"):
            backend.get_job_content(RUNNING, job_id)
        assert backend.get_status("fermions", "ada", job_id).detail == "The job cannot be read."

    def test_a_job_of_a_hundred_levels_is_read_back(self, backend):
        job_id = backend.upload_job(nested(100), "fermions", "ada")
        take(backend)
        assert backend.get_job_content(RUNNING, job_id) == nested(100)

    def test_infinity_can_be_read_from_a_file_that_is_not_a_job(self, backend):
        backend.upload_string('{"x": Infinity}', "a", "one")
        assert backend.get_file_content("a", "one") == {"x": float("inf")}

    def test_the_loser_of_a_race_takes_the_next_job(self, backend, monkeypatch):
        first, second = (backend.upload_job({}, "fermions", "ada") for _ in range(2))
        listed = backend.get_file_queue(QUEUE)
        monkeypatch.setattr(backend, "get_file_queue", lambda _: listed)
        taken = [backend.get_next_job_in_queue("fermions").job_id for _ in range(3)]
        assert taken == [first, second, "None"]

    def test_a_job_that_is_already_running_is_skipped(self, backend, storage):
        first, second = (backend.upload_job({}, "fermions", "ada") for _ in range(2))
        storage.seed_files({f"{RUNNING}/job-{first}.json": b"{}"})
        assert backend.get_next_job_in_queue("fermions").job_id == second


class TestJobIds:
    @pytest.mark.parametrize("step", [0, -3600, 1e-6, 5])
    @pytest.mark.usefixtures("backend")
    def test_ids_increase_although_the_clock_stops_or_runs_backwards(self, storage, step):
        class Clock:
            moment = datetime(2026, 1, 1, tzinfo=timezone.utc)
            sleep = storage.clock.sleep

            def now(self):
                Clock.moment += timedelta(seconds=step)
                return Clock.moment

        provider = storage.provider(clock=Clock())
        ids = [provider.upload_job({}, "fermions", "ada") for _ in range(5)]
        assert [job_id[:22] for job_id in ids] == sorted({job_id[:22] for job_id in ids})

    def test_an_id_in_use_is_not_used_again(self, backend, storage, monkeypatch):
        monkeypatch.setattr("dropspool.layout.secrets.randbelow", lambda _: 10)
        moment = storage.clock.now().strftime("%Y%m%d_%H%M%S_%f")
        taken = f"{QUEUE}/job-{moment}-fermions-ada-0000a.json"
        # With equal content, the upload would succeed without strict_conflict.
        storage.seed_files({taken: b'{"x": 1}'})
        job_id = backend.upload_job({"x": 1}, "fermions", "ada")
        assert f"job-{job_id}.json" not in taken
        assert len(storage.files) == 3

    def test_an_error_is_raised_if_every_id_is_in_use(self, backend, storage, monkeypatch):
        monkeypatch.setattr("dropspool.layout.secrets.randbelow", lambda _: 10)
        monkeypatch.setattr(backend, "_next_moment", storage.clock.now)
        backend.upload_job({"x": 1}, "fermions", "ada")
        with pytest.raises(OSError, match="no free job id"):
            backend.upload_job({"x": 2}, "fermions", "ada")

    def test_a_job_for_a_backend_without_a_configuration_is_refused(self, backend, storage):
        before = storage.files
        with pytest.raises(FileNotFoundError, match="display_name: expected a backend with"):
            backend.upload_job({}, "bosons", "ada")
        assert storage.files == before

    def test_the_configuration_of_a_backend_is_looked_for_once(self, storage, backend):
        for user, looks in ((backend, 0), (storage.provider(), 1)):
            reads = []
            read = user.files.read

            def counted(path, read=read, reads=reads):
                reads.append(path)
                return read(path)

            user.files.read = counted
            for _ in range(3):
                user.upload_job({}, "fermions", "ada")
            assert reads == [CONFIG] * looks

    def test_a_job_that_json_cannot_represent_is_refused(self, provider, storage):
        for content in ({"x": float("nan")}, {"x": {1: 2}}, {"x": {1}}, nested(101)):
            with pytest.raises(ValueError, match="job_dict: expected"):
                provider.upload_job(content, "fermions", "ada")
        assert storage.requests == 0


class TestStatusAndResult:
    def test_a_job_has_the_status_and_result_of_each_step(self, backend, storage):
        job_id = backend.upload_job({"experiment_0": {}}, "fermions", "ada")
        assert backend.get_status("fermions", "ada", job_id).status == "QUEUED"
        first = backend.upload_status("fermions", "ada", job_id)
        assert first.model_dump() == {
            "job_id": job_id,
            "status": "INITIALIZING",
            "detail": "Got your json.",
            "error_message": "None",
        }
        assert backend.get_status("fermions", "ada", job_id).status == "QUEUED"
        assert not backend.get_result("fermions", "ada", job_id).success
        backend.get_next_job_in_queue("fermions")
        queued = status_of(job_id, "QUEUED")
        backend.update_in_database(result_of(job_id), queued, job_id, "fermions")
        running = queued.model_copy(update={"status": "RUNNING"})
        assert backend.get_status("fermions", "ada", job_id) == running
        assert f"{RUNNING}/job-{job_id}.json" in storage.files
        backend.update_in_database(result_of(job_id, n=1), status_of(job_id), job_id, "fermions")
        assert backend.get_status("fermions", "ada", job_id) == status_of(job_id)
        result = backend.get_result("fermions", "ada", job_id)
        assert result == result_of(job_id, n=1).model_copy(
            update={"backend_name": "fake_fermions_simulator"}
        )
        assert sorted(storage.files) == [
            CONFIG,
            f"/Backend_files/Finished_Jobs/fermions/ada/job-{job_id}.json",
            f"/Backend_files/Result/fermions/ada/result-{job_id}.json",
            f"/Backend_files/Status/fermions/ada/status-{job_id}.json",
        ]

    def test_a_failed_job_has_an_error_and_no_result(self, backend, storage):
        job_id = running_job(backend)
        for _ in range(2):
            backend.update_in_database(
                result_of(job_id), status_of(job_id, "ERROR"), job_id, "fermions"
            )
        assert backend.get_status("fermions", "ada", job_id).status == "ERROR"
        assert f"/Backend_files/Deleted_Jobs/job-{job_id}.json" in storage.files
        missing = backend.get_result("fermions", "ada", job_id)
        assert missing.model_dump() == {
            "backend_name": None,
            "display_name": "fermions",
            "backend_version": "",
            "job_id": job_id,
            "qobj_id": None,
            "success": False,
            "status": "ERROR",
            "header": {},
            "results": [],
        }

    @pytest.mark.parametrize(
        "job_id",
        ["", "jdsfssdfs", "../x", "a/b", "\n", "\ud83d", "20260101_000000-fermions-ada-00000"],
    )
    def test_an_unknown_job_has_the_status_error(self, backend, job_id):
        status = backend.get_status("fermions", "ada", job_id)
        assert status.model_dump() == {
            "job_id": job_id,
            "status": "ERROR",
            "detail": "Could not find the status file.",
            "error_message": f"Missing status file for {job_id}.",
        }
        result = backend.get_result("fermions", "ada", job_id)
        assert (result.job_id, result.status, result.success) == (job_id, "ERROR", False)

    @pytest.mark.parametrize("other", ["ada", "ADA", "Ada-x", "x"])
    def test_a_job_is_visible_to_its_user_only(self, backend, other):
        job_id = running_job(backend, "Ada")
        backend.update_in_database(result_of(job_id), status_of(job_id), job_id, "fermions")
        for wanted in (job_id, job_id.replace("-Ada-", f"-{other}-")):
            assert "Could not find" in backend.get_status("fermions", other, wanted).detail
            assert not backend.get_result("fermions", other, wanted).success
        assert "Could not find" in backend.get_status("bosons", "Ada", job_id).detail
        with pytest.raises(ValueError, match="job_id: expected"):
            backend.upload_status("fermions", other, job_id)
        assert backend.get_result("fermions", "Ada", job_id).success

    def test_composed_and_decomposed_names_are_the_same_user(self, backend):
        job_id = running_job(backend, "e\u0301")
        for user in ("e\u0301", "\u00e9"):
            assert backend.get_status("fermions", user, job_id).status == "RUNNING"

    def test_the_first_status_does_not_replace_a_later_one(self, backend):
        job_id = running_job(backend)
        backend.update_in_database(result_of(job_id), status_of(job_id), job_id, "fermions")
        assert backend.upload_status("fermions", "ada", job_id) == status_of(job_id)
        assert backend.get_status("fermions", "ada", job_id) == status_of(job_id)

    def test_a_result_is_readable_after_its_backend_is_deleted(self, backend):
        job_id = running_job(backend)
        backend.update_in_database(result_of(job_id), status_of(job_id), job_id, "fermions")
        backend.delete_folder("Backend_files/Config")
        result = backend.get_result("fermions", "ada", job_id)
        assert (result.success, result.backend_name) == (True, None)

    def test_results_of_the_replaced_system_are_read(self, backend, storage):
        job_id = "20240101_000000-fermions-ada-00000"
        stored = result_of(job_id).model_dump() | {"backend_name": "fermions", "signature": None}
        storage.seed_files(
            {
                f"/Backend_files/Result/fermions/ada/result-{job_id}.json": json.dumps(
                    stored
                ).encode()
            }
        )
        result = backend.get_result("fermions", "ada", job_id)
        assert result.backend_name == "fake_fermions_simulator"

    def test_an_invalid_status_or_result_raises_broken_file(self, backend, storage):
        job_id = running_job(backend)
        for kind, read in [("status", backend.get_status), ("result", backend.get_result)]:
            path = f"/Backend_files/{kind.title()}/fermions/ada/{kind}-{job_id}.json"
            storage.seed_files({path: b'{"job_id": 1}'})
            with pytest.raises(BrokenFile, match=path):
                read("fermions", "ada", job_id)

    def test_a_job_id_of_another_backend_is_refused_without_a_request(self, backend, storage):
        job_id = running_job(backend)
        before = storage.requests
        for wrong_id, name in [("jdsfssdfs", "fermions"), (job_id, "bosons")]:
            with pytest.raises(ValueError, match="job_id: expected"):
                backend.update_in_database(result_of(wrong_id), status_of(wrong_id), wrong_id, name)
        assert storage.requests == before


class TestRepeatedCompletion:
    """A worker may die between any two requests; the next call completes the job."""

    @pytest.mark.parametrize("done", range(5))
    def test_a_second_end_completes_an_interrupted_one(self, backend, storage, done):
        job_id = running_job(backend)
        changes = watch_changes(backend.files, die_at=done)
        with suppress(Died):
            end(backend, job_id, n=1)
        assert changes.made == min(done + 1, 4)
        changes.die_at = None
        end(backend, job_id, n=2)
        assert backend.get_status("fermions", "ada", job_id).status == "DONE"
        first = 1 if done else 2
        assert backend.get_result("fermions", "ada", job_id).header == {"n": first}
        assert f"{RUNNING}/job-{job_id}.json" not in storage.files

    def test_a_done_job_is_not_changed(self, backend, storage):
        job_id = running_job(backend)
        end(backend, job_id)
        before = storage.files
        for status in ("ERROR", "QUEUED", "DONE"):
            late = status_of(job_id, status).model_copy(update={"detail": "too late"})
            backend.update_in_database(result_of(job_id, n=2), late, job_id, "fermions")
            assert storage.files == before

    def test_a_job_that_was_queued_twice_ends_once(self, backend, storage):
        job_id = running_job(backend)
        end(backend, job_id, n=1)
        storage.seed_files({f"{QUEUE}/job-{job_id}.json": b"{}"})
        assert backend.get_next_job_in_queue("fermions").job_id == job_id
        end(backend, job_id, n=2)
        assert backend.get_result("fermions", "ada", job_id).header == {"n": 1}
        assert f"{RUNNING}/job-{job_id}.json" not in storage.files

    def test_an_unknown_job_cannot_be_ended(self, backend):
        job_id = "20260101_000000_000000-fermions-ada-00000"
        with pytest.raises(FileNotFoundError):
            end(backend, job_id)
