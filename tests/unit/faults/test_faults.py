"""Tests of planned faults: their effect on a call, the calls that they match, and `verify`."""

import math
import re
import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
from dropbox.exceptions import ApiError, InternalServerError, RateLimitError
from requests.exceptions import ConnectionError as RequestsConnectionError
from tests.support.both_doors import DOORS, client_of, login_of
from tests.support.faults import needed_by

from fakedropbox import FakeDropboxService, UnfiredFault, faults
from fakedropbox._web import PAGES

UPLOAD = "files/upload"
SEARCH = "files/search/continue_v2"


def test_a_fault_can_be_planned_for_every_page():
    assert {page.name for page in PAGES.values()} <= set(faults.Fault.routes)


@pytest.fixture
def service():
    return FakeDropboxService(files={"/a.txt": b"hello", "/dir/b.txt": b"b"})


@pytest.fixture(params=DOORS)
def dbx(request, service):
    """The direct client, then an SDK client, both without retries."""
    arguments = login_of(service) | {"max_retries_on_error": 0, "max_retries_on_rate_limit": 0}
    with client_of(request.param, service, **arguments) as client:
        yield client


# Effect of the call


def test_a_rate_limited_call_has_no_effect(service, dbx):
    service.faults.rate_limit(UPLOAD, retry_after=17)
    with pytest.raises(RateLimitError) as caught:
        dbx.files_upload(b"x", "/x")
    assert caught.value.backoff == 17
    assert caught.value.error.reason.is_too_many_requests()
    assert "/x" not in service.files
    assert service.calls[-1].outcome == "too_many_requests"
    dbx.files_upload(b"x", "/x")


@pytest.mark.parametrize(("when", "applied"), [("before", False), ("after", True)])
def test_a_server_error_comes_before_or_after_the_effect(service, dbx, when, applied):
    service.faults.server_error(UPLOAD, status=503, when=when)
    with pytest.raises(InternalServerError) as caught:
        dbx.files_upload(b"x", "/x")
    assert caught.value.status_code == 503
    assert ("/x" in service.files) == applied
    assert service.calls[-1].outcome == "503"


@pytest.mark.evidence("F9-07")
def test_a_call_with_a_lost_reply_has_its_effect_and_its_retry_fails(service, dbx):
    service.faults.lost_reply("files/move_v2")
    with pytest.raises(RequestsConnectionError):
        dbx.files_move_v2("/a.txt", "/moved.txt")
    assert set(service.files) == {"/moved.txt", "/dir/b.txt"}
    assert service.calls[-1].outcome == "reply lost"
    with pytest.raises(ApiError) as caught:
        dbx.files_move_v2("/a.txt", "/moved.txt")
    assert caught.value.error.get_from_lookup().is_not_found()


@pytest.mark.parametrize(
    "plan",
    [faults.lost_reply(UPLOAD), faults.server_error(UPLOAD, when="after")],
    ids=["lost_reply", "server_error after"],
)
def test_a_fault_after_the_call_hides_the_error_of_the_route(service, dbx, plan):
    service.faults.add(plan)
    with pytest.raises((RequestsConnectionError, InternalServerError)):
        dbx.files_upload(b"other", "/a.txt")  # a conflict, which the fault hides
    assert service.read("/a.txt") == b"hello"


AFTER_THE_CALL = [
    faults.lost_reply(SEARCH),
    faults.server_error(SEARCH, when="after"),
    faults.stalled_reply(SEARCH, 1),
    faults.corrupt_reply(SEARCH),
]


@pytest.mark.parametrize("plan", AFTER_THE_CALL, ids=repr)
def test_a_fault_after_the_call_hides_any_other_refusal(service, dbx, plan):
    service.faults.add(plan)
    with pytest.raises((RequestsConnectionError, InternalServerError, ValueError)):
        dbx.files_search_continue_v2("of nobody")  # a 400, which the fault hides


def test_a_lost_reply_hides_a_refusal_of_the_token_endpoint(service):
    service.faults.lost_reply("oauth2/token")
    form = {"grant_type": "refresh_token", "refresh_token": "of nobody"}
    with service.session() as session, pytest.raises(RequestsConnectionError):
        session.post("https://api.dropboxapi.com/oauth2/token", data=form)


@pytest.mark.parametrize("when", ["before", "after"])
def test_a_delete_is_prevented_only_by_a_fault_before_it(service, dbx, when):
    service.faults.server_error("files/delete_v2", when=when)
    with pytest.raises(InternalServerError):
        dbx.files_delete_v2("/dir")
    assert ("/dir/b.txt" in service.files) == (when == "before")


def test_credentials_are_checked_before_faults(service, dbx):
    """Check that a call with a revoked token is refused before its planned fault happens."""
    service.faults.rate_limit("files/*", optional=True)
    tokens = service.gate.world.tokens
    dbx.check_and_refresh_access_token()
    tokens.revoke(tokens.grant(service.login.access_token).link)
    with pytest.raises(Exception, match="invalid_access_token"):
        dbx.files_get_metadata("/a.txt")


# Matching calls


@pytest.mark.parametrize(
    ("route", "matches"),
    [
        (UPLOAD, True),
        ("files/up*", True),
        ("files/*", True),
        ("*", True),
        ("files/[tu]pload", True),
        ("files/download", False),
        ("files/upload_session/*", False),
        ("sharing/*", False),
    ],
)
def test_a_pattern_selects_routes(service, route, matches):
    dbx = service.client(max_retries_on_rate_limit=0)
    service.faults.rate_limit(route, optional=True)
    if matches:
        with pytest.raises(RateLimitError):
            dbx.files_upload(b"x", "/x")
    else:
        dbx.files_upload(b"x", "/x")


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("/Dir/x.txt", True),
        ("/dir/X.TXT", True),
        ("/dir/*", True),
        ("*.txt", True),
        ("/dir/?.txt", True),
        (None, True),
        ("/dir", False),
        ("/dir/*.json", False),
        ("?dir?x.txt", True),
        ("[/]dir/x.*", True),
        ("id:x", False),
    ],
)
def test_a_pattern_selects_paths(service, dbx, pattern, matches):
    service.faults.rate_limit(UPLOAD, path=pattern, optional=True)
    if matches:
        with pytest.raises(RateLimitError):
            dbx.files_upload(b"x", "/dir/x.txt")
    else:
        dbx.files_upload(b"x", "/dir/x.txt")


@pytest.mark.parametrize("path", ["x.txt", "dir/*", "rev", "{/a.txt"])
def test_a_fault_for_a_path_that_no_call_can_have_is_refused(service, path):
    with pytest.raises(ValueError, match=f"path: expected .*'/'.*, got {re.escape(repr(path))}"):
        service.faults.rate_limit(UPLOAD, path=path)
    assert not service.faults.planned()


@pytest.mark.parametrize(
    ("pattern", "matches"), [("/a.txt", True), ("/new/*", True), ("/dir/*", False)]
)
def test_a_pattern_matches_either_path_of_a_move(service, dbx, pattern, matches):
    service.faults.server_error("files/move_v2", path=pattern, optional=True)
    if matches:
        with pytest.raises(InternalServerError):
            dbx.files_move_v2("/a.txt", "/new/a.txt")
    else:
        dbx.files_move_v2("/a.txt", "/new/a.txt")


def test_a_path_pattern_does_not_match_calls_without_a_path(service, dbx):
    service.faults.rate_limit("*", path="*", optional=True)
    dbx.refresh_access_token()
    dbx.users_get_current_account()
    with pytest.raises(RateLimitError):
        dbx.files_get_metadata("/a.txt")


# Number of faults


def test_planned_faults_happen_in_order_one_per_call(service, dbx):
    service.faults.rate_limit(UPLOAD, times=2)
    service.faults.server_error("files/*", status=502)
    service.faults.lost_reply(UPLOAD)
    seen = []
    for number in range(5):
        try:
            dbx.files_upload(b"%d" % number, f"/{number}")
        except (RateLimitError, InternalServerError, RequestsConnectionError) as error:
            seen.append(type(error))
    assert seen == [RateLimitError] * 2 + [InternalServerError, RequestsConnectionError]
    assert {path for path in service.files if len(path) == 2} == {"/3", "/4"}
    service.faults.verify()


def test_threads_together_get_the_planned_number_of_faults(service):
    service.faults.server_error(UPLOAD, times=7)
    service.faults.lost_reply("files/*", times=3)
    barrier = threading.Barrier(8)

    def upload(number):
        dbx = service.client(max_retries_on_error=0)
        barrier.wait(10)
        try:
            dbx.files_upload(b"%d" % number, f"/t/{number}")
        except InternalServerError:
            return "broken"
        except RequestsConnectionError:
            return "lost"
        return "ok"

    with ThreadPoolExecutor(8) as pool:
        counted = Counter(pool.map(upload, range(24)))
    assert counted == {"broken": 7, "lost": 3, "ok": 14}
    assert sum(path.startswith("/t/") for path in service.files) == 17
    service.faults.verify()


# Plans: faults that never happened, conditions, comparison


def limited(dbx):
    with pytest.raises(RateLimitError):
        dbx.files_upload(b"x", "/x")


def test_verify_raises_until_a_fault_has_happened_as_often_as_planned(service, dbx):
    service.faults.rate_limit(UPLOAD, times=2)
    with pytest.raises(UnfiredFault, match=rf"never happened: rate_limit\('{UPLOAD}', times=2\)$"):
        service.faults.verify()
    limited(dbx)
    with pytest.raises(UnfiredFault, match=r"too rarely: .*times=2\) \(1 of 2 times\); .*at_most"):
        service.faults.verify()
    limited(dbx)
    service.faults.verify()


def test_verify_accepts_a_fault_with_at_most_that_happened_once(service, dbx):
    service.faults.rate_limit(UPLOAD, at_most=3)
    with pytest.raises(UnfiredFault, match="never happened"):
        service.faults.verify()
    limited(dbx)
    service.faults.verify()
    limited(dbx)
    limited(dbx)
    dbx.files_upload(b"x", "/x")


@pytest.mark.parametrize("happens", [0, 1])
def test_an_optional_fault_need_not_happen_as_often_as_planned(service, dbx, happens):
    service.faults.rate_limit(UPLOAD, times=3, optional=True)
    for _ in range(happens):
        limited(dbx)
    service.faults.verify()


def test_skip_lets_matching_calls_pass_first(service, dbx):
    service.faults.rate_limit(UPLOAD, skip=2, times=2, path="/x*")
    assert service.faults.waiting
    outcomes = []
    for path in ("/x1", "/other", "/x2", "/x3", "/x4", "/x5"):
        try:
            dbx.files_upload(b"x", path)
            outcomes.append(path)
        except RateLimitError:
            outcomes.append("limited")
    assert outcomes == ["/x1", "/other", "/x2", "limited", "limited", "/x5"]
    service.faults.verify()


def test_a_call_with_an_earlier_fault_does_not_count_for_skip(service, dbx):
    service.faults.server_error(UPLOAD)
    service.faults.rate_limit(UPLOAD, skip=1)
    with pytest.raises(InternalServerError):
        dbx.files_upload(b"x", "/x")
    dbx.files_upload(b"x", "/x")
    limited(dbx)


def test_a_snapshot_keeps_the_number_of_calls_to_skip(service, dbx):
    service.faults.rate_limit(UPLOAD, skip=2)
    dbx.files_upload(b"x", "/x")
    before = service.snapshot()
    dbx.files_upload(b"x", "/x")
    limited(dbx)
    service.restore(before)
    dbx.files_upload(b"x", "/x")
    limited(dbx)


def test_a_fault_may_have_a_condition(service, dbx):
    planned = service.faults.when(
        lambda call: call.arg.mute, faults.rate_limit("files/*", skip=1, path="/x")
    )
    assert repr(service.faults) == repr([planned])
    assert repr(planned).endswith("<lambda>, rate_limit('files/*', path='/x', skip=1))")
    for path, mute in (("/x", False), ("/x", True), ("/y", True), ("/x", False)):
        dbx.files_upload(b"x", path, mute=mute)
    with pytest.raises(UnfiredFault, match="lambda"):
        service.faults.verify()
    with pytest.raises(RateLimitError):
        dbx.files_upload(b"x", "/x", mute=True)
    service.faults.verify()
    assert planned == faults.when(planned.condition, planned.fault)
    assert planned != faults.when(len, planned.fault)


def test_a_call_can_get_another_fault_after_a_delay_with_a_condition(service, dbx):
    service.faults.when(lambda _: True, faults.slow(UPLOAD, 5))
    service.faults.rate_limit(UPLOAD)
    before = service.clock.time()
    limited(dbx)
    assert service.clock.time() - before == 5
    service.faults.verify()


@pytest.mark.parametrize(
    ("condition", "fault", "options", "reason"),
    [
        ("no function", faults.rate_limit("*"), {}, "condition: expected a function of a call"),
        (len, "no fault", {}, "fault: expected Fault"),
        (len, faults.rate_limit("*"), {"skip": 1}, "skip: expected it to be an argument of the"),
    ],
)
def test_a_wrong_argument_of_when_is_refused(service, condition, fault, options, reason):
    with pytest.raises(TypeError, match=reason):
        service.faults.when(condition, fault, **options)
    assert repr(service.faults) == "[]"


def test_verify_names_only_the_faults_that_never_happened(service, dbx):
    service.faults.rate_limit(UPLOAD)
    service.faults.lost_reply("files/delete_v2", path="/lost/*")
    service.faults.server_error("files/download", optional=True)
    service.faults.server_error("files/move_v2", status=507)
    with pytest.raises(RateLimitError):
        dbx.files_upload(b"x", "/x")
    with pytest.raises(UnfiredFault) as caught:
        service.faults.verify()
    text = str(caught.value)
    assert "files/delete_v2" in text
    assert "/lost/*" in text
    assert "files/move_v2" in text
    assert "507" in text
    assert UPLOAD not in text
    assert "files/download" not in text


def test_unfired_fault_is_an_assertion_error():
    assert issubclass(UnfiredFault, AssertionError)


def test_clear_removes_all_planned_faults(service, dbx):
    service.faults.rate_limit(UPLOAD)
    service.faults.clear()
    service.faults.verify()
    dbx.files_upload(b"x", "/x")
    assert repr(service.faults) == "[]"


def test_faults_are_compared_by_value(service):
    fault = faults.lost_reply(UPLOAD, times=2, path="/x")
    assert fault == faults.lost_reply(UPLOAD, 2, path="/x")
    assert fault != faults.lost_reply(UPLOAD, 2)
    assert len({fault, faults.lost_reply(UPLOAD, 2, path="/x")}) == 1
    assert service.faults.add(fault) is fault
    assert service.faults.lost_reply(UPLOAD, 2, path="/x") == fault
    assert repr(service.faults) == repr([fault, fault])


ALL_KINDS = list(faults.KINDS.values())


@pytest.mark.parametrize("kind", ALL_KINDS)
def test_the_repr_of_a_plan_evaluates_to_equal_faults(service, kind):
    route = UPLOAD if UPLOAD in kind.routes else "files/*"
    planned = [
        kind(route, **needed_by(kind, route)),
        kind("files/*", **needed_by(kind), times=3, path="/dir/*", optional=True),
        kind("files/*", **needed_by(kind), at_most=3, skip=2),
    ]
    for fault in planned:
        assert getattr(service.faults, kind.__name__)
        service.faults.add(fault)
    again = eval(repr(service.faults), vars(faults).copy())  # noqa: S307 -- the repr is meant for this
    assert again == planned
    assert [repr(fault) for fault in again] == [repr(fault) for fault in planned]


def test_a_script_is_planned_as_a_whole_or_not_at_all(service):
    script = [faults.rate_limit(UPLOAD), faults.lost_reply("files/delete_v2", 2)]
    service.faults.script(script)
    assert repr(service.faults) == repr(script)
    with pytest.raises(TypeError, match="fault"):
        service.faults.script([faults.rate_limit("files/*"), "lost_reply"])
    assert repr(service.faults) == repr(script)


@pytest.mark.parametrize("name", ["/job[1].json", "/a[!b]c", "/what?.txt", "/star*.txt", "/[ab]"])
def test_a_path_with_pattern_characters_matches_itself(service, dbx, name):
    """Check names that contain special characters of patterns."""
    service.faults.rate_limit(UPLOAD, path=name)
    with pytest.raises(RateLimitError):
        dbx.files_upload(b"x", name)


# Invalid arguments


KINDS = ["rate_limit", "server_error", "lost_reply"]


@pytest.mark.parametrize("kind", KINDS)
@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("route", "files/uplod"),
        ("route", "upload"),
        ("route", ""),
        ("times", 0),
        ("times", -1),
        ("at_most", 0),
        ("skip", -1),
    ],
)
def test_an_invalid_route_or_number_is_refused(service, kind, name, value):
    arguments = {"route": UPLOAD, name: value}
    for make in (getattr(faults, kind), getattr(service.faults, kind)):
        with pytest.raises(ValueError, match=f"{name}: expected .*got {value!r}"):
            make(**arguments)
    assert repr(service.faults) == "[]"


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        ("rate_limit", "retry_after", -1),
        ("server_error", "status", 499),
        ("server_error", "status", 600),
        ("server_error", "when", "later"),
        ("too_many_write_operations", "answer", "409"),
    ],
)
def test_an_invalid_argument_of_a_particular_kind_of_fault_is_refused(service, kind, name, value):
    with pytest.raises(ValueError, match=f"{name}: expected .*got {value!r}"):
        getattr(service.faults, kind)(UPLOAD, **{name: value})
    assert repr(service.faults) == "[]"


@pytest.mark.parametrize("seconds", [-1, math.nan, math.inf])
def test_an_invalid_number_of_seconds_is_refused(service, seconds):
    with pytest.raises(ValueError, match=r"seconds: expected .*got"):
        service.faults.slow(UPLOAD, seconds)
    assert repr(service.faults) == "[]"


def test_times_and_at_most_exclude_each_other(service):
    with pytest.raises(ValueError, match="times, at_most: expected one of them, got 2, 3"):
        service.faults.rate_limit(UPLOAD, times=2, at_most=3)


def test_the_error_for_a_misspelt_route_names_the_nearest_one():
    with pytest.raises(ValueError, match="'files/upload'"):
        faults.rate_limit("files/uplod")


@pytest.mark.parametrize(
    ("kind", "name", "value"),
    [
        *[(kind, "route", value) for kind in KINDS for value in (5, None, b"files/upload")],
        *[(kind, "times", value) for kind in KINDS for value in ("2", 1.5, None, True)],
        *[(kind, "skip", value) for kind in KINDS for value in ("2", 1.5, None, True)],
        *[(kind, "at_most", value) for kind in KINDS for value in ("2", 1.5, True)],
        *[(kind, "path", value) for kind in KINDS for value in (5, b"/x", ["/x"])],
        *[(kind, "optional", value) for kind in KINDS for value in ("yes", 1)],
        *[("rate_limit", "retry_after", value) for value in ("1", 1.5, None, True)],
        *[("server_error", "status", value) for value in ("500", 500.5, None)],
        ("server_error", "when", None),
    ],
)
def test_an_argument_of_a_wrong_type_is_refused(service, kind, name, value):
    arguments = {"route": UPLOAD, name: value}
    with pytest.raises((TypeError, ValueError), match=f"{name}: expected .*got"):
        getattr(service.faults, kind)(**arguments)
    assert repr(service.faults) == "[]"


@pytest.mark.parametrize("kind", KINDS)
def test_an_unknown_argument_is_refused(service, kind):
    with pytest.raises(TypeError, match="tims"):
        getattr(service.faults, kind)(UPLOAD, tims=2)


@pytest.mark.parametrize("value", ["lost_reply", None, faults.lost_reply])
def test_add_refuses_a_value_that_is_not_a_fault(service, value):
    with pytest.raises(TypeError, match="fault: expected"):
        service.faults.add(value)
    assert repr(service.faults) == "[]"


def test_one_of_several_equal_faults_is_removed():
    """The last one that is still to happen is removed, so that the order of the others stays."""
    service = FakeDropboxService()
    dbx = service.client(max_retries_on_error=0)
    fault = faults.server_error("users/get_current_account", optional=True)
    other = faults.server_error("users/get_current_account", status=503, optional=True)
    service.faults.script([fault, other, fault])
    with pytest.raises(InternalServerError):
        dbx.users_get_current_account()
    service.faults.remove(fault)
    assert service.faults.planned() == [(fault, 0), (other, 1)]
    service.faults.remove(fault)
    assert service.faults.planned() == [(other, 1)]
    with pytest.raises(ValueError, match="fault: expected one that is planned, got server_error"):
        service.faults.remove(fault)
    with pytest.raises(TypeError, match="fault: expected Fault"):
        service.faults.remove("server_error")
