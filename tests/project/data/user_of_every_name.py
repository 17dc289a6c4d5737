"""A typed module that uses every public name; mypy --strict and pyright have to accept it.

`tests/project/test_types.py` runs its functions and reports the names that are missing.
"""

from __future__ import annotations

import tempfile
from collections.abc import Callable, Collection
from contextlib import suppress
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Any, ClassVar

from hypothesis import given, settings

import dropspool
import fakedropbox
from dropspool import (
    AccessRefused,
    BackendConfigSchemaIn,
    BackendConfigSchemaOut,
    BackendNameStr,
    BackendStatusSchemaOut,
    BrokenFile,
    ColdAtomStr,
    ConnectionLost,
    DataDict,
    DisplayNameStr,
    DropboxLoginInformation,
    DropboxProvider,
    DropboxProviderExtended,
    ExperimentalInputDict,
    ExperimentDict,
    GateDict,
    LocalLoginInformation,
    LocalProvider,
    MissingScope,
    NameRefused,
    NextJobSchema,
    NotAFile,
    OutOfSpace,
    Refused,
    ResultDict,
    StatusMsgDict,
    StatusStr,
    StorageError,
    StorageProvider,
    TokenRefused,
    TooLarge,
    WireOrderStr,
    get_init_results,
    get_init_status,
    validate_active,
)
from dropspool.operations import (
    CANCELLED,
    Job,
    JobDetails,
    State,
    WrongState,
    cancel,
    change_config,
    config_problems,
    job_details,
    list_jobs,
    prune,
    requeue,
    snapshot,
    wait_for_result,
)
from dropspool.testing import (
    Bench,
    Capabilities,
    DropboxSdkSubject,
    DropboxSubject,
    FolderSubject,
    JobLifecycleMachine,
    JobQueue,
    JobQueueContract,
    JobQueueMachine,
    JobState,
    Kill,
    ProviderQueue,
    QueueSubject,
    SimulatedQueue,
    StorageProviderContract,
    Subject,
    Taken,
    kills,
    lifecycle_machine,
    queue_machine,
)
from dropspool.worker import (
    Event as WorkerEvent,
)
from dropspool.worker import (
    Execution,
    Executor,
    Metrics,
    Stop,
    jobs,
    report_progress,
    run,
)
from fakedropbox import (
    FakeDropbox,
    FakeDropboxService,
    FakeDropboxTeam,
    Login,
    ManualClock,
    NotImplementedInFake,
    NotThroughFake,
    Personality,
    SnapshotInvalid,
    SystemClock,
    UnfiredFault,
    UnusableAfterFork,
    faults,
    mock_dropbox,
)
from fakedropbox.calls import Call, CallRecord, Calls, Door, Reply
from fakedropbox.clock import Clock, RunningClock, SkippingClock
from fakedropbox.control import (
    Control,
    RemoteAccounts,
    RemoteApps,
    RemoteClock,
    RemoteFaults,
    RemoteLogins,
    RemoteServices,
    RemoteTeams,
    RemoteWebhooks,
    fault_from_json,
    fault_to_json,
)
from fakedropbox.faults import (
    KINDS,
    Fault,
    FaultPlan,
    Next,
    When,
    connection_refused,
    corrupt_reply,
    expired_token,
    insufficient_space,
    lost_reply,
    missing_scope,
    plan_for,
    rate_limit,
    reset_cursor,
    revoked_token,
    route_error,
    server_error,
    slow,
    slow_body,
    stalled_reply,
    too_many_write_operations,
    truncated_body,
    when,
)
from fakedropbox.machines import Difference, DropboxMachine, Interrupted, SharedFolderMachine
from fakedropbox.recording import (
    HEADERS,
    Recorder,
    ReplayedExchange,
    ReplayReport,
    ResponseDifference,
    UnreadableRecording,
    recording,
    replay,
    start,
)
from fakedropbox.server import Server
from fakedropbox.service import Snapshot
from fakedropbox.simulate import (
    CrashPoint,
    CrashPointsFailed,
    CrashReport,
    CrashRun,
    Event,
    History,
    InterleavingFailed,
    InterleavingReport,
    NotDeterministic,
    NothingToSimulate,
    Picks,
    Run,
    Schedule,
    ScheduleMismatch,
    SimulatedCrash,
    SimulationError,
    SkewedClock,
    WorkerBlocked,
    campaign,
    crash,
    crash_points,
    interleavings,
    schedules,
)
from fakedropbox.strategies import (
    REFUSALS,
    ROUTES,
    Hostility,
    Operation,
    call_sequences,
    contents,
    fault_plans,
    folder_members,
    hostile_names,
    link_settings,
    names,
    paths,
    trees,
    write_modes,
)

START = datetime(2026, 1, 1, tzinfo=timezone.utc)

# The service


def use_a_service() -> None:
    service: FakeDropboxService = FakeDropboxService(
        seed=7,
        personality=Personality.recorded,
        clock=ManualClock(START),
        scopes=["files.metadata.read", "files.content.read", "files.content.write"],
        redirect_uris=["https://my.example/done"],
        login=Login(refresh_token="mine"),
        files={"/a.txt": b"1"},
    )
    dbx: FakeDropbox = service.client(max_retries_on_error=0)
    dbx.files_upload(b"2", "/b.txt")
    files: dict[str, bytes] = service.files
    content: bytes = service.read("/b.txt")
    assert files["/b.txt"] == content
    service.seed_files({"/c.txt": b"3"}, folders=["/d"])
    service.web = {"https://example.com/a": b"4"}
    service.web = {"https://example.com/a": b"4"}.get
    assert callable(service.web)
    assert service.tree().startswith("/\n")
    calls: Calls = service.calls
    record: CallRecord = calls[0]
    door: Door = record.door
    assert calls.where(route="files/*", outcome="*", path="/*", account=record.account) is not None
    assert (door, record.number, calls.dropped) == ("direct", 1, 0)
    assert (record.route, record.outcome, record.fact) == ("files/upload", "ok", None)
    assert [each.route for each in calls.of("files/upload")] == ["files/upload"]
    assert len(calls[0:1]) == 1
    snapshot: Snapshot = service.snapshot()
    with service.scratch() as same:
        same.client().files_delete_v2("/a.txt")
    service.restore(snapshot)
    scopes: frozenset[str] = service.scopes
    assert "files.content.read" in scopes
    personality: Personality = service.personality
    assert personality == Personality.recorded
    with service.activate(block_children=True) as active:
        assert active.session().get_adapter("https://api.dropboxapi.com")
    service.reset()
    assert dbx.service is service


def use_accounts_and_logins(service: FakeDropboxService) -> None:
    account = service.accounts.create("ada@example.com", "Ada Lovelace", "pro")
    service.seed_files({"/a.txt": b"1"}, account=account)
    service.client(account=account).files_get_metadata("/a.txt")
    theirs: dict[str, bytes] = service.files_of(account)
    assert theirs == {"/a.txt": service.read("/a.txt", account=account)}
    assert service.calls[-1].account == account == service.accounts.by_email("ADA@example.com")
    assert "a.txt" in service.tree(account=account)
    folder: str = service.share_folder("/x", account=account, members=[service.accounts.default])
    assert folder.isdecimal()
    request: Any = service.client().file_requests_create("t", "/t")
    paths: list[str] = service.upload_to_request(request.url, {"a.txt": b"1"}, sender="Ada")
    assert paths == ["/t/a - Ada.txt"]
    app = service.apps.create("my app", folder="my app", scopes=["files.metadata.read"])
    login: Login = service.logins.create(account, app)
    service.login = login
    ids: list[str] = [each.account_id for each in service.accounts]
    keys: list[str] = [each.key for each in service.apps]
    assert account.account_id in ids
    assert login.app_key in keys
    service.set_quota(service.accounts.default, 10**9)
    code: str = service.authorize(app, account, redirect_uri="http://localhost/done")
    assert code
    expiry: datetime | None = service.expiry_of(login.access_token)
    assert expiry is not None
    assert [each.url for each in service.webhooks] == []
    assert service.webhooks.deliver(now=True) == len(service.webhooks.deliveries)
    team = service.teams.create(
        "Acme", members=["cid@example.com", ("dan@example.com", "team_admin")]
    )
    assert service.teams.default == team
    ada: str = service.teams.members(team)[0].team_member_id
    members = FakeDropboxTeam(service=service)
    assert members.service is service
    assert members.as_user(ada).files_list_folder("")
    assert service.team_client(team, timeout=3).team_get_info()
    assert service.team_client(login=service.logins.create(team=team)).service is service


def use_the_clock(service: FakeDropboxService) -> None:
    clock: Clock = service.clock
    before = clock.now()
    clock.advance(60)
    clock.sleep(0.5)
    assert clock.now() - before == timedelta(seconds=60.5)
    clocks: list[Clock] = [ManualClock(), SystemClock(), RunningClock(), SkippingClock()]
    clocks.append(SkewedClock(clocks[0], skew=-2, drift=0.5))
    seconds: list[float] = [each.time() for each in clocks]
    assert all(seconds)
    manual = ManualClock()
    with manual.patch(tempfile, "dropspool"):
        manual.patch()
        manual.unpatch()
    assert manual.age <= manual.micros
    manual.set(START)
    assert (manual.micros // 1_000_000, manual.utcnow().year) == (manual.seconds, 2026)


def use_errors(service: FakeDropboxService) -> None:
    try:
        with service.scratch():
            service.faults.lost_reply("files/upload")
    except UnfiredFault as error:
        message: str = str(error)
        assert "lost_reply" in message
    with suppress(SnapshotInvalid):
        service.restore(FakeDropboxService().snapshot())
    kinds: list[type[Exception]] = [NotImplementedInFake, NotThroughFake, UnusableAfterFork]
    assert issubclass(kinds[0], NotImplementedError)
    assert fakedropbox.__version__


@mock_dropbox
def use_a_mock(dropbox_service: FakeDropboxService | None = None) -> int:
    assert dropbox_service is not None
    dropbox_service.client().files_upload(b"1", "/a.txt")
    return len(dropbox_service.calls)


def use_mocks() -> None:
    number: int = use_a_mock()
    assert number == 1
    with mock_dropbox(files={"/a.txt": b"1"}) as service:
        assert service.read("/a.txt") == b"1"

    @mock_dropbox(seed=7, sleep="virtual")
    def length(text: str) -> int:
        return len(text)

    assert length("four") + 1 == 5


# Faults


class Counted(Fault):
    """A custom fault that counts calls and does not change them."""

    route = "files/upload"
    times = 1
    seen: ClassVar[int] = 0

    def apply(self, call: Call, call_next: Next) -> Reply:
        Counted.seen += call.name == "files/upload"
        reply: Reply = call_next(call)
        return reply


def use_faults(service: FakeDropboxService) -> None:
    moment: When = "after"
    plan: FaultPlan = service.faults
    listed: list[Fault] = [
        connection_refused("files/upload"),
        corrupt_reply("files/upload"),
        expired_token("files/upload"),
        insufficient_space("files/upload"),
        lost_reply("files/upload", path="/a.txt"),
        missing_scope("files/upload"),
        rate_limit("files/*", times=2, retry_after=15),
        reset_cursor("files/list_folder/continue"),
        revoked_token("files/upload"),
        route_error("files/upload", "payload_too_large"),
        server_error("files/upload", 503, when=moment),
        slow("files/upload", 1.5),
        slow_body("files/download", 2),
        stalled_reply("files/upload", 3),
        too_many_write_operations("files/upload", answer="write_error"),
        truncated_body("files/download", optional=True),
        crash("files/upload"),
    ]
    plan.script(listed)
    assert [fault for fault, _ in plan.planned()] == listed
    assert plan.waiting
    assert sum(plan.left()) == 18
    plan.clear()
    for each in (
        plan.connection_refused("files/upload"),
        plan.corrupt_reply("files/upload"),
        plan.expired_token("files/upload"),
        plan.insufficient_space("files/upload"),
        plan.lost_reply("files/upload"),
        plan.missing_scope("files/upload"),
        plan.route_error("files/upload", "path/no_write_permission", skip=1, at_most=2),
        plan.rate_limit("files/upload", retry_after=1),
        plan.reset_cursor("files/list_folder/continue"),
        plan.revoked_token("files/upload"),
        plan.server_error("files/upload", when="before"),
        plan.slow("files/upload", seconds=1),
        plan.slow_body("files/upload", seconds=1),
        plan.stalled_reply("files/upload", seconds=1),
        plan.too_many_write_operations("files/upload"),
        plan.truncated_body("files/upload"),
    ):
        assert fault_from_json(fault_to_json(each)) == each
        assert type(each) is KINDS[type(each).__name__]
    service.stub("paper/docs/archive", None)
    service.calls.check_implemented()
    lost = when(lambda call: call.name == "files/upload", lost_reply("files/*"))
    plan.add(lost)
    plan.when(lost.condition, lost.fault)
    plan.clear()
    plan.add(faults.slow("files/*", 0.5, optional=True))
    plan.resume(plan.state())
    plan.clear()
    plan.verify()
    plan.add(Counted())
    service.client().files_upload(b"1", "/a.txt")
    assert Counted.seen == 1
    assert not plan_for(Personality.recorded).waiting


# Other processes


def use_a_server(service: FakeDropboxService) -> None:
    address: str = service.show(browser=False)
    assert address.startswith("http://127.0.0.1:")
    with service.serve(port=0) as server:
        typed: Server[FakeDropboxService] = server
        hosted = typed.services.create("worker", seed=5, personality="documented")
        assert hosted.service.login.access_token == hosted.environ["DROPBOX_ACCESS_TOKEN"]
        typed.services.delete(hosted.name)
        environ: dict[str, str] = typed.environ
        assert environ["DROPBOX_API_HOST"] in typed.url
        with Control(server.url, server.control_token, server.ca_file) as ctl:
            control_a_server(ctl)
        ctl.close()


def control_a_server(ctl: Control) -> None:
    planned: RemoteFaults = ctl.faults
    clock: RemoteClock = ctl.clock
    accounts: RemoteAccounts = ctl.accounts
    apps: RemoteApps = ctl.apps
    logins: RemoteLogins = ctl.logins
    teams: RemoteTeams = ctl.teams
    webhooks: RemoteWebhooks = ctl.webhooks
    services: RemoteServices = ctl.services
    worker: str = services.create(plan="pro")["name"]
    services.seed(worker, {"/a.txt": b"1"})
    services.reset(worker)
    services.delete(worker)
    assert [each["name"] for each in services] == []
    fault: Fault = planned.lost_reply("files/upload")
    planned.remove(fault)
    planned.rate_limit("files/upload", retry_after=3)
    planned.clear()
    moment: datetime = clock.advance(60)
    assert moment <= clock.now()
    account: dict[str, str] = accounts.create("ada@example.com")
    key: str = apps.create("my app")["key"]
    team: str = teams.create("Acme", ["eve@example.com"])["team_id"]
    assert teams.members(team)[0]["state"] == "active"
    with suppress(ValueError):
        teams.accept("nobody@example.com")
    assert logins.create(team=team).account_email == "eve@example.com"
    login: Login = logins.create(account["email"], key)
    assert login.access_token
    with suppress(ValueError):
        webhooks.add("http://192.0.2.1/hook", key)
    accepted: int = webhooks.deliver(now=True)
    assert accepted == len(webhooks.deliveries) == len(list(webhooks))
    number: int = ctl.snapshot()
    ctl.stub("paper/docs/archive", None)
    ctl.seed_files({"/a.txt": b"1"})
    assert ctl.files() == {"/a.txt": b"1"}
    with suppress(ValueError):
        paths: list[str] = ctl.upload_to_request("none", {"a.txt": b"1"}, sender="Ada")
        assert paths
    with suppress(ValueError):  # this server has no page
        address: str = ctl.show(browser=False, remote=True)
        assert address.startswith("https://")
    folder: str = ctl.share_folder("/x", members=[(account["email"], "viewer")], mount=False)
    assert folder.isdecimal()
    assert "a.txt" in ctl.tree()
    assert isinstance(ctl.calls(query="outcome:error"), list)
    default: Login = ctl.login
    assert default.access_token != login.access_token
    ctl.restore(number)
    ctl.reset()


# Simulations


def submit(dbx: FakeDropbox) -> None:
    dbx.files_upload(b"job", "/job.part")
    dbx.files_move_v2("/job.part", "/queue")


def is_whole(run: CrashRun) -> bool:
    return run.service.files.get("/queue", b"job") == b"job" and run.ended != ""


def use_crash_points() -> None:
    try:
        report: CrashReport = crash_points(submit, check=is_whole)
    except (CrashPointsFailed, NotDeterministic, NothingToSimulate, SimulationError) as error:
        raise AssertionError from error
    points: tuple[CrashPoint, ...] = report.points
    assert [point.violation for point in points] == [None] * len(points)
    assert issubclass(SimulatedCrash, BaseException)


def all_is_there(run: Run) -> None:
    assert len(run.service.files) == 2
    events: list[Event] = list(run.history)
    assert History(events).to_jsonl()


def race(schedule: Schedule | Picks | None = None) -> InterleavingReport:
    service = FakeDropboxService()

    def worker(name: str) -> Callable[[], object]:
        return lambda: service.client().files_upload(b"", f"/{name}")

    return interleavings(
        [worker("one"), worker("two")], check=all_is_there, service=service, schedule=schedule
    )


def race_many(seeds: range) -> InterleavingReport:
    return race()


def use_interleavings() -> None:
    try:
        report = race()
        replayed = race(Schedule.parse("0, 1"))
    except (InterleavingFailed, ScheduleMismatch, WorkerBlocked) as error:
        raise AssertionError from error
    assert (report + replayed).complete == 2


@settings(max_examples=3, deadline=None, database=None)
@given(schedules())
def use_schedules(picks: Picks) -> None:
    assert race(picks).complete == 1


def use_a_campaign() -> None:  # type-checked but not run: it would start processes
    typed: Callable[..., InterleavingReport] = lambda: campaign(race_many, range(2))  # noqa: E731
    assert callable(typed)


# Strategies and machines


@settings(max_examples=3, deadline=None, database=None)
@given(trees(), fault_plans(), call_sequences())
def use_strategies(tree: dict[str, bytes], plan: list[Fault], calls: list[Operation]) -> None:
    service = FakeDropboxService(files=tree)
    service.faults.script(plan)
    for operation in calls:
        assert callable(operation.apply)


@settings(max_examples=3, deadline=None, database=None)
@given(link_settings("pro"))
def use_link_settings(given_: Any) -> None:
    assert given_.require_password is None


@settings(max_examples=3, deadline=None, database=None)
@given(folder_members([]))
def use_folder_members(members: list[Any]) -> None:
    assert FakeDropboxService().share_folder("/Docs", members=members)


@settings(max_examples=3, deadline=None, database=None)
@given(names(astral=True), hostile_names(), paths(max_depth=2), contents(max_size=9), write_modes())
def use_small_strategies(name: str, bad: str, path: str, content: bytes, mode: Any) -> None:
    hostility: Hostility = "reserved"
    assert REFUSALS[hostility] == "disallowed_name"
    assert "files/upload" in ROUTES
    assert name != bad
    assert path.startswith("/")
    assert len(content) <= 9
    assert mode is not None


class Machine(DropboxMachine):
    def make_client(self) -> FakeDropbox:
        return FakeDropbox()


class SharingMachine(SharedFolderMachine):
    def make_clients(self) -> list[FakeDropbox]:
        service = FakeDropboxService()
        return [service.client(), service.client(account=service.accounts.create("a@example.com"))]


def use_machines() -> None:
    kinds: list[type[BaseException]] = [Difference, Interrupted]
    assert issubclass(kinds[0], AssertionError)
    assert Machine.TestCase
    assert SharingMachine.TestCase


def use_recordings() -> None:
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder, "recording.jsonl")
        with recording(file, "one"), FakeDropboxService().session() as session:
            session.post("https://api.dropboxapi.com/2/files/list_folder")
        stop: Callable[[], None] = start(file, "two")
        stop()
        recorder = Recorder(file, "three", SystemClock())
        assert callable(recorder.record)
        report: ReplayReport = replay(file, service=FakeDropboxService(), files=None)
        exchanges: tuple[ReplayedExchange, ...] = report.exchanges
        found: list[ResponseDifference] = [each for one in exchanges for each in one.differences]
        assert report.is_same is not bool(found)
        assert report.to_json()["skipped"] == dict(report.skipped)
        unreadable: type[ValueError] = UnreadableRecording
        assert unreadable
    assert "retry-after" in HEADERS


# The queue


def config() -> BackendConfigSchemaIn:
    kind: ColdAtomStr = "fermion"
    order: WireOrderStr = "interleaved"
    short: DisplayNameStr = "fermions"
    return BackendConfigSchemaIn(
        description="A backend.",
        version="0.0.1",
        display_name=short,
        cold_atom_type=kind,
        gates=[{"name": "load"}],
        max_experiments=10,
        max_shots=100,
        simulator=True,
        supported_instructions=["load"],
        num_wires=2,
        wire_order=order,
        num_species=1,
        operational=True,
    )


def experiment() -> ExperimentalInputDict:
    gate = GateDict(name="load", wires=[0], params=[])
    return ExperimentalInputDict(
        instructions=[gate], num_wires=1, shots=2, wire_order="interleaved"
    )


class Careful(DropboxProviderExtended):
    @validate_active
    def look(self, user: str) -> str:
        return f"{self.name} {user}"


def work(provider: StorageProvider) -> ResultDict:
    provider.upload_config(config(), "fermions")
    job_id: str = provider.upload_job(
        {"experiment_0": experiment().model_dump()}, "fermions", "ada"
    )
    provider.upload_status("fermions", "ada", job_id)
    job: NextJobSchema = provider.get_next_job_in_queue("fermions")
    state: StatusStr = "DONE"
    status: StatusMsgDict = get_init_status()
    status = status.model_copy(update={"job_id": job.job_id, "status": state})
    data = DataDict(memory=["0", "1"])
    outcome = ExperimentDict(header={"name": "one"}, shots=2, success=True, data=data)
    result: ResultDict = get_init_results()
    result = result.model_copy(
        update={
            "display_name": "fermions",
            "job_id": job_id,
            "status": state,
            "results": [outcome],
        }
    )
    assert provider.renew(job_id, "fermions")
    provider.update_in_database(result, status, job_id, "fermions")
    assert provider.recover("fermions") == []
    shown: BackendConfigSchemaOut = provider.get_backend_dict("fermions")
    long_name: BackendNameStr = shown.backend_name
    backend: BackendStatusSchemaOut = provider.get_backend_status("fermions")
    assert backend.backend_name == long_name
    return provider.get_result("fermions", "ada", job_id)


def use_providers(service: FakeDropboxService) -> None:
    login = DropboxLoginInformation.model_validate(service.login, from_attributes=True)
    clock: dropspool.Clock = service.clock
    provider = Careful(login, "mine", clock=clock, client=service.client())
    text: str = provider.look("ada")
    assert text == "mine ada"
    assert work(provider).status == "DONE"
    assert isinstance(DropboxProvider(login), DropboxProviderExtended)
    with tempfile.TemporaryDirectory() as folder:
        local = LocalProvider(
            LocalLoginInformation(base_path=folder), "local", clock=dropspool.SystemClock()
        )
        assert local.get_backends() == []
    errors: list[type[Exception]] = [
        BrokenFile,
        AccessRefused,
        ConnectionLost,
        MissingScope,
        NameRefused,
        NotAFile,
        OutOfSpace,
        Refused,
        StorageError,
        TokenRefused,
        TooLarge,
    ]
    assert issubclass(errors[0], ValueError)
    assert provider.app_key == login.app_key
    waiting: list[str] = provider.waiting_jobs("fermions")
    changed: frozenset[str] | None = provider.wait_for_jobs(["fermions"], 30)
    assert not waiting
    assert changed == frozenset({"fermions"})


def use_operations(service: FakeDropboxService) -> None:
    login = DropboxLoginInformation.model_validate(service.login, from_attributes=True)
    queue = SimulatedQueue(
        lambda: DropboxProviderExtended(login, "mine", client=service.client()),
        config(),
        service.clock,
    )
    provider, job_id = queue.provider, queue.submit({"experiment_0": {"shots": 1}}, user="ada")
    state: State = "queued"
    found: list[Job] = list_jobs(provider, backend=queue.backend, user="ada", state=state)
    details: JobDetails = job_details(provider, found[0].job_id)
    assert details.job == found[0]
    cancel(provider, job_id)
    assert queue.status(job_id).detail == CANCELLED
    requeue(provider, job_id)
    assert queue.step() == job_id
    assert wait_for_result(provider, job_id, timeout=1, clock=queue.clock).success
    refused: type[ValueError] = WrongState
    assert refused.__doc__
    changed: BackendConfigSchemaIn = change_config(provider, queue.backend, {"max_shots": 7})
    assert config_problems(changed.model_dump(), queue.backend) == []
    numbers: dict[str, int] = snapshot(provider)["backends"][queue.backend]
    assert numbers["done"] == 1
    deleted: list[Job] = [*prune(provider, timedelta(days=30), dry_run=True)]
    assert deleted == []


def use_a_worker(service: FakeDropboxService) -> None:
    login = DropboxLoginInformation.model_validate(service.login, from_attributes=True)
    provider = DropboxProviderExtended(login, "mine", client=service.client())
    provider.upload_config(config(), "fermions")
    job_id = provider.upload_job({}, "fermions", "ada")

    def execute(job: dict[str, Any]) -> list[ExperimentDict]:
        report_progress(0.5, f"{len(job)} experiments")
        return []

    executor: Executor = execute
    events: list[WorkerEvent] = []
    metrics = Metrics()
    with Stop() as stop:
        ended = jobs(
            provider,
            {"fermions": Execution(executor, retries=1)},
            clock=stop,
            stop=stop,
            max_idle=0,
            on_event=events.append,
            metrics=metrics,
        )
        assert [*ended] == [job_id]
        run(provider, {"fermions": executor}, clock=stop, stop=stop, max_idle=0)
    assert events[0].kind == "started"
    assert metrics.snapshot()["backends"]["fermions"]["done"] == 1


class Contract(StorageProviderContract):
    capabilities = Capabilities(storage="dropbox")

    def make_provider(self, bench: Bench, clock: dropspool.Clock) -> StorageProvider:
        return DropboxSubject().make_provider(bench, clock)


class AnyQueue(JobQueueContract):
    def make_queue(self, bench: Bench, clock: dropspool.Clock) -> JobQueue:
        return ProviderQueue(DropboxSubject().make_provider(bench, clock))

    def prepare(self, bench: Bench) -> None:
        DropboxSubject().prepare(bench)


def use_any_queue() -> None:
    subject: QueueSubject = AnyQueue()
    machine: type[JobQueueMachine] = queue_machine(subject)
    assert machine.TestCase
    with Bench() as bench:
        subject.prepare(bench)
        queue: JobQueue = subject.make_queue(bench, bench.clock)
        job: str = queue.submit({"n": 1}, "ada")
        assert queue.take() == Taken(job, {"n": 1})
        assert queue.renew(job)
        assert queue.finish(job, {"n": 2})
        assert queue.state(job, "ada") == JobState("done", {"n": 2})
        told: bool = queue.fail(job, "late")
        assert isinstance(told, bool)
        assert queue.recover() == []
        assert queue.lease_seconds > 0


def use_the_kit() -> None:
    subjects: list[Subject] = [DropboxSubject(), DropboxSdkSubject(), FolderSubject()]
    machine: type[JobLifecycleMachine] = lifecycle_machine(subjects[0])
    assert machine.TestCase
    with Bench() as bench:
        assert subjects[0].files(bench) == {}
    wanted: Collection[str] = ["test_none"]
    found: list[Kill] = [*kills(Contract, [name for name in wanted if hasattr(Contract, name)])]
    assert [kill.test for kill in found] == []
