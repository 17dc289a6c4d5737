"""Tests of `Clock.patch`, by which the code under test sleeps on the clock of a service."""

import _thread
import asyncio
import copy
import importlib
import inspect
import math
import pickle
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from decimal import Decimal
from fractions import Fraction
from types import ModuleType
from unittest import mock

import pytest

from fakedropbox import FakeDropboxService, ManualClock, SystemClock
from fakedropbox.clock import RunningClock, SkippingClock
from fakedropbox.simulate import SkewedClock

START = 1_767_225_600

FUNCTIONS = (
    *("sleep", "time", "time_ns", "monotonic", "monotonic_ns", "perf_counter", "perf_counter_ns"),
    *("gmtime", "localtime", "ctime", "asctime", "strftime"),
)


@pytest.fixture
def clock():
    clock = ManualClock()
    yield clock
    clock.unpatch()


@pytest.fixture
def modules(monkeypatch):
    """A function that makes a module from its code, as if it were a module of the user."""

    def make(code, name="backup_tool", kind=ModuleType):
        module = kind(name)
        monkeypatch.setitem(sys.modules, name, module)
        exec(code, vars(module))  # noqa: S102 -- the code of a test
        return module

    return make


SLEEPER = """
import time
from time import sleep, sleep as nap

def by_attribute(seconds):
    time.sleep(seconds)

def by_name(seconds):
    sleep(seconds)

def by_other_name(seconds):
    nap(seconds)

def locally(seconds):
    import time as t
    t.sleep(seconds)

def locally_by_name(seconds):
    from time import sleep as local
    local(seconds)

def in_a_thread(seconds):
    import threading
    thread = threading.Thread(target=time.sleep, args=(seconds,))
    thread.start()
    thread.join()

def in_a_pool(seconds):
    from concurrent.futures import ThreadPoolExecutor
    with ThreadPoolExecutor(1) as pool:
        pool.submit(time.sleep, seconds).result()

def by_a_scheduler(seconds):
    import sched
    scheduler = sched.scheduler(time.monotonic, time.sleep)
    scheduler.enter(seconds, 1, lambda: None)
    scheduler.run()

def by_map(seconds):
    list(map(time.sleep, [seconds]))

def in_a_loop(seconds):
    import asyncio
    asyncio.run(asyncio.sleep(seconds))

def in_a_thread_of_a_loop(seconds):
    import asyncio
    asyncio.run(asyncio.to_thread(time.sleep, seconds))
"""


@pytest.mark.parametrize(
    "function",
    [line[4:].partition("(")[0] for line in SLEEPER.split("\n") if line.startswith("def ")],
)
def test_every_way_to_sleep_in_a_module_is_virtual(modules, clock, function):
    module = modules(SLEEPER)
    with clock.patch():
        getattr(module, function)(60)
    assert clock.time() == START + 60


def test_only_named_modules_get_the_virtual_time(modules, clock, monkeypatch):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    one, package, inner, other = (
        modules(SLEEPER, name) for name in ("one", "package", "package.inner", "package_other")
    )
    with clock.patch(one, "package"):
        for module in (one, package, inner):
            module.by_attribute(1)
        other.by_attribute(7)
    assert clock.time() == START + 3
    assert slept == [7]


def test_tools_and_the_interpreter_get_the_real_time(modules, clock, monkeypatch):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    names = ("_pytest.x", "pytest_timeout", "xdist.x", "hypothesis.x", "uvicorn.server", "queue")
    tools = [modules(SLEEPER, name) for name in names]
    with clock.patch():
        for seconds, tool in enumerate(tools):
            tool.by_attribute(seconds)
            tool.locally_by_name(seconds)
    assert clock.time() == START
    assert slept == [each for seconds in range(6) for each in (seconds, seconds)]


def test_waits_for_threads_and_processes_are_real(clock, monkeypatch):
    monkeypatch.undo()  # `_no_real_sleep` would refuse the real sleep of `subprocess`
    with clock.patch():
        assert not threading.Event().wait(0.001)
        subprocess.run([sys.executable, "-c", ""], timeout=60, check=True)
        assert clock.time() == START


def test_every_function_returns_the_time_of_the_clock(clock):
    clock.advance(0.25)
    with clock.patch():
        assert time.time() == START + 0.25
        assert time.time_ns() == START * 10**9 + 250_000_000
        assert time.gmtime()[:6] == (2026, 1, 1, 0, 0, 0)
        assert time.gmtime(0)[0] == 1970
        assert time.localtime() == time.localtime(START)
        assert time.ctime() == time.asctime() == time.ctime(START) == time.asctime(time.localtime())
        assert time.asctime(time.gmtime(0)) == "Thu Jan  1 00:00:00 1970"
        assert time.strftime("%Y") == time.strftime("%Y", time.localtime(START))
        assert time.strftime("%Y", time.gmtime(0)) == "1970"
        first = [time.monotonic(), time.perf_counter()]
        in_ns = [time.monotonic_ns(), time.perf_counter_ns()]
        assert first == pytest.approx([each / 10**9 for each in in_ns])
        time.sleep(100)
        assert time.monotonic() - first[0] == pytest.approx(100)
        assert time.perf_counter_ns() - in_ns[1] == 100 * 10**9


def test_the_monotonic_clocks_continue_and_never_go_back(clock, dropbox_service):
    before = time.monotonic(), time.perf_counter_ns()
    with clock.patch():
        assert time.monotonic() >= before[0]
        assert time.perf_counter_ns() >= before[1]
        clock.advance(50)
        then = time.monotonic()
        clock.set(clock.now().replace(year=2000))
        assert time.monotonic() == then
        time.sleep(1)
        assert time.monotonic() == pytest.approx(then + 1)
        with dropbox_service.clock.patch():
            assert time.monotonic() >= then + 1


INVALID = [-1, -0.5, math.nan, math.inf, -math.inf, 1e300, 2**63, -(2**70), "1", None, 1j, [1]]


@pytest.mark.parametrize("seconds", INVALID, ids=repr)
def test_a_sleep_is_refused_as_the_real_one_refuses_it(clock, seconds, monkeypatch):
    monkeypatch.undo()  # the real function, not that of our conftest
    with pytest.raises((ValueError, TypeError, OverflowError)) as real:
        time.sleep(seconds)
    with clock.patch(), pytest.raises(type(real.value)) as virtual:
        time.sleep(seconds)
    assert virtual.value.args == real.value.args
    assert clock.time() == START


class Index:
    def __index__(self):
        return 3


@pytest.mark.parametrize("seconds", [0, 0.0, -0.0, True, 3, 3.0, Index(), 1e-9, 9e9])
def test_a_sleep_accepts_what_the_real_one_accepts(clock, seconds):
    with clock.patch():
        time.sleep(seconds)
    expected = 3 if isinstance(seconds, Index) else float(seconds)
    assert clock.time() == pytest.approx(START + expected)


def test_a_sleep_takes_its_argument_as_the_real_one_does(clock):
    with clock.patch():
        for args, kwargs in (((), {}), ((1, 2), {}), ((), {"secs": 1})):
            with pytest.raises(TypeError):
                time.sleep(*args, **kwargs)


@pytest.mark.parametrize("function", FUNCTIONS)
def test_no_function_of_time_has_keyword_arguments(clock, function):
    names = {"seconds": 1, "secs": 1, "moment": None, "text": "%Y", "patch": None, "real": None}
    with clock.patch():
        for name, value in names.items():
            with pytest.raises(TypeError):
                getattr(time, function)(**{name: value})


def test_asyncio_sleep_has_the_keyword_arguments_of_the_real_one(clock):
    async def main():
        assert await asyncio.sleep(delay=2, result="a") == "a"
        for keyword in ("seconds", "patch", "real"):
            with pytest.raises(TypeError):
                asyncio.sleep(1, **{keyword: 1})

    run(main, clock)
    assert clock.time() == START + 2


def test_a_thread_without_a_caller_gets_the_virtual_time(clock):
    done = _thread.allocate_lock()
    done.acquire()
    clock.sleeper = lambda seconds: (naps.append(seconds), done.release())
    naps = []
    with clock.patch():
        _thread.start_new_thread(time.sleep, (5,))
        assert done.acquire(timeout=60)
    assert naps == [5]


def test_a_thread_without_a_caller_has_the_real_time_if_modules_are_named(clock, monkeypatch):
    done = _thread.allocate_lock()
    done.acquire()
    monkeypatch.setattr(time, "sleep", lambda _: done.release())
    with clock.patch("json"):
        _thread.start_new_thread(time.sleep, (5,))
        assert done.acquire(timeout=60)
    assert clock.time() == START


@pytest.mark.parametrize("name", [5, None, [], ""], ids=repr)
def test_code_without_the_name_of_a_module_gets_the_virtual_time(modules, clock, name):
    with clock.patch():
        exec("import time; time.sleep(5)", {"__name__": name})  # noqa: S102 -- the code of a test
    assert clock.time() == START + 5


def test_a_module_may_have_a_key_that_is_not_a_name(clock, monkeypatch):
    monkeypatch.setitem(sys.modules, 5, ModuleType("five"))
    with clock.patch("json"):
        pass
    with clock.patch():
        time.sleep(5)
    assert clock.time() == START + 5


# Restoration


def state():
    return [getattr(time, name) for name in FUNCTIONS] + [asyncio.sleep, asyncio.tasks.sleep]


def test_the_end_of_a_patch_restores_every_function(modules, clock):
    before = state()
    module = modules(SLEEPER)

    def fail():
        with clock.patch():
            assert module.sleep is module.nap is time.sleep is not before[0]
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        fail()
    assert state() == before
    assert module.sleep is module.nap is before[0]


def test_nested_patches_may_end_in_any_order(modules, clock):
    before = state()
    one, two = modules(SLEEPER, "one"), modules(SLEEPER, "two")
    other = ManualClock()
    outer, inner = clock.patch(), other.patch(one)
    one.by_name(1)
    two.by_name(10)
    assert (clock.time(), other.time()) == (START + 10, START + 1)
    outer.__exit__(None, None, None)
    one.by_name(1)
    assert (clock.time(), other.time()) == (START + 10, START + 2)
    assert state() != before
    inner.__exit__(None, None, None)
    inner.__exit__(None, None, None)  # ends only once
    assert state() == before
    assert one.sleep is two.sleep is before[0]


def test_unpatch_ends_all_patches_of_its_clock_and_no_others(clock):
    before, other = state(), ManualClock()
    clock.patch()
    clock.patch("json")
    with other.patch():
        clock.unpatch()
        time.sleep(1)
    assert other.time() == START + 1
    assert state() == before


FIRST_PATCHES = {
    "without multiprocessing": """
import asyncio, sys

with clock.patch("__main__"):
    asyncio.run(asyncio.sleep(5))
assert "multiprocessing" not in sys.modules
""",
    "with a mock in place of asyncio.sleep": """
import asyncio
from asyncio import sleep
from unittest import mock

with mock.patch("asyncio.sleep") as faked:
    with clock.patch("__main__"):
        asyncio.run(sleep(5))
    assert asyncio.sleep is faked
assert sleep is asyncio.sleep
""",
    "with a mock in place of run_in_executor": """
import asyncio
from unittest import mock

real = asyncio.BaseEventLoop.run_in_executor
with mock.patch.object(asyncio.BaseEventLoop, "run_in_executor"), clock.patch("__main__"):
    asyncio.run(asyncio.sleep(1))
with clock.patch("__main__"):
    asyncio.run(asyncio.to_thread(clock.sleep, 4))
assert asyncio.BaseEventLoop.run_in_executor is real
""",
    "while pyfakefs is active": """
from pyfakefs.fake_filesystem_unittest import Patcher

with Patcher(), clock.patch():
    pass
import asyncio

real = asyncio.sleep
with clock.patch("__main__"):
    asyncio.run(asyncio.sleep(5))
assert asyncio.sleep is real
""",
}


@pytest.mark.untraced
@pytest.mark.parametrize("code", FIRST_PATCHES.values(), ids=FIRST_PATCHES)
def test_the_first_patch_of_a_process_loads_asyncio(code):
    before = "from fakedropbox import ManualClock\nclock = ManualClock()\n"
    done = subprocess.run(  # noqa: S603 -- this very interpreter
        [sys.executable, "-c", f"{before}{code}print(clock.time())"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert float(done.stdout) == START + 5


def test_a_replacement_that_a_test_makes_during_a_patch_stays(modules, clock, monkeypatch):
    module, naps = modules(SLEEPER), []
    with clock.patch():
        monkeypatch.setattr(time, "sleep", naps.append)
        monkeypatch.setattr(module, "sleep", naps.append)
        module.by_attribute(1)
        module.by_name(2)
        with mock.patch("asyncio.sleep") as faked:
            assert isinstance(faked, mock.AsyncMock)
    assert naps == [1, 2]
    assert time.sleep == module.sleep == naps.append


def test_a_replacement_that_is_put_back_too_late_uses_the_real_function(clock, monkeypatch):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with pytest.MonkeyPatch.context() as late, clock.patch():
        late.setattr(time, "sleep", None)
    real = mock.Mock()
    monkeypatch.setattr(time.sleep, "real", real)
    time.sleep(5)
    assert real.mock_calls == [mock.call(5)]
    with clock.patch():
        time.sleep(1)
    assert clock.time() == START + 1


def test_a_module_imported_during_a_patch_gets_the_virtual_time_only_during_the_patch(
    modules, clock, monkeypatch
):
    slept = []
    monkeypatch.setattr(time, "sleep", slept.append)
    with clock.patch():
        module = modules(SLEEPER + "\nclass Retry:\n    sleep = time.sleep\n")
        module.by_name(1)
        module.by_other_name(1)
        module.Retry().sleep(1)
    assert clock.time() == START + 3
    with monkeypatch.context() as real:
        real.setattr(module.sleep, "real", slept.append)
        module.by_name(5)
    assert slept == [5]
    with clock.patch():
        module.by_name(1)
    assert clock.time() == START + 4


def test_a_tool_imported_during_a_patch_keeps_the_real_time(modules, clock):
    with clock.patch():
        tool = modules("from time import monotonic as now\ndef read():\n    return now()", "queue")
        first = tool.read()
        while tool.read() == first:
            pass
    assert clock.time() == START


def test_a_module_can_be_reloaded(clock, tmp_path, monkeypatch):
    (tmp_path / "reloaded_tool.py").write_text(SLEEPER)
    monkeypatch.syspath_prepend(tmp_path)
    real = time.sleep
    module = importlib.import_module("reloaded_tool")
    try:
        with clock.patch():
            importlib.reload(module)
            module.by_name(1)
            assert clock.time() == START + 1
        assert module.sleep is real
    finally:
        del sys.modules["reloaded_tool"]


class Strange(ModuleType):
    """A module that fails when any of its attributes is read, as a lazy one that cannot load."""

    def __getattribute__(self, name):
        raise AssertionError(f"expected no access, got {name}")


def test_modules_whose_attributes_cannot_be_read_are_left_alone(modules, clock, monkeypatch):
    class NoModule:
        def __getattribute__(self, name):
            raise AssertionError(name)

    monkeypatch.setitem(sys.modules, "no_module", NoModule())
    monkeypatch.setitem(sys.modules, "nothing", None)
    monkeypatch.setitem(sys.modules, "strange", Strange("strange"))
    code = "from time import sleep\ndef __getattr__(name):\n    raise RuntimeError(name)"
    module = modules(code, "with_getattr")
    with clock.patch():
        module.sleep(1)
    assert clock.time() == START + 1


def test_a_lazy_module_is_not_loaded(clock, tmp_path, monkeypatch):
    (tmp_path / "lazy_tool.py").write_text("raise RuntimeError('loaded')")
    monkeypatch.syspath_prepend(tmp_path)
    spec = importlib.util.find_spec("lazy_tool")
    spec.loader = importlib.util.LazyLoader(spec.loader)
    module = importlib.util.module_from_spec(spec)
    monkeypatch.setitem(sys.modules, "lazy_tool", module)
    spec.loader.exec_module(module)
    with clock.patch():
        pass
    with pytest.raises(RuntimeError, match="loaded"):
        module.anything  # noqa: B018 -- loads it


def test_a_stand_in_is_copied_and_pickled_as_the_function_that_it_replaces(clock):
    real = time.sleep
    with clock.patch():
        assert copy.deepcopy({"sleep": time.sleep})["sleep"] is time.sleep
        assert copy.copy(time.sleep) is time.sleep
        pickled = pickle.dumps(time.sleep)
        assert time.sleep.__name__ == "sleep"
        assert time.sleep.__module__ == "time"
    assert pickle.loads(pickled) is time.sleep is real  # noqa: S301 -- our own


# Wrong arguments


@pytest.mark.parametrize("module", ["wathcer", "wathcer.inner", "", "not a name"])
def test_a_module_that_does_not_exist_is_refused(clock, module):
    before = state()
    with pytest.raises(ValueError, match=f"modules: expected .* exists, got {module!r}"):
        clock.patch(module)
    assert state() == before


@pytest.mark.parametrize("module", [time, "time", asyncio, "asyncio"])
def test_the_modules_time_and_asyncio_are_refused(clock, module):
    with pytest.raises(ValueError, match=r"expected the modules that call .*sleep, got"):
        clock.patch(module)


def test_our_own_modules_are_refused(clock):
    with pytest.raises(ValueError, match=r"modules of the code under test, got fakedropbox\.clock"):
        clock.patch("fakedropbox.clock")


@pytest.mark.parametrize("module", [5, None, ["json"], time.sleep])
def test_a_value_that_is_not_a_module_is_refused(clock, module):
    with pytest.raises(TypeError, match="modules: expected modules or their names, got"):
        clock.patch(module)


@pytest.mark.parametrize("kind", [SystemClock, RunningClock])
def test_a_clock_whose_sleep_is_real_is_refused(kind):
    before = state()
    with pytest.raises(ValueError, match=f"a sleep on a {kind.__name__} takes real time"):
        kind().patch()
    assert state() == before


def test_skipping_and_skewed_clocks_can_be_patched_too(monkeypatch):
    monkeypatch.setattr(time, "time_ns", lambda: START * 10**9)
    skipping, true = SkippingClock(), ManualClock()
    with skipping.patch():
        time.sleep(5)
        assert time.time() == START + 5
    with SkewedClock(true, skew=100).patch():
        time.sleep(5)
        assert time.time() == START + 105


# Threads, and other users of the clock


def test_sleeps_in_threads_add_up(modules, clock):
    module = modules(SLEEPER)
    with clock.patch(), ThreadPoolExecutor(4) as pool:
        list(pool.map(module.by_name, [1] * 100))
    assert clock.time() == START + 100


def test_a_thread_gets_its_turn_during_a_sleep(clock):
    done = []
    with clock.patch():
        threading.Thread(target=done.append, args=(1,)).start()
        while not done:
            time.sleep(0.1)


def test_a_sleeper_receives_the_seconds_of_each_sleep(modules, clock):
    module, naps = modules(SLEEPER), []
    clock.sleeper = naps.append
    with clock.patch():
        module.by_name(60)
        module.in_a_loop(30)
    assert naps == [60.0, 30.0]


def test_the_sdk_sleeps_on_the_clock_without_activation():
    service = FakeDropboxService()
    service.faults.rate_limit("files/list_folder", retry_after=60)
    from dropbox import Dropbox

    with service.clock.patch():
        dbx = Dropbox(service.login.access_token, session=service.session())
        dbx.files_list_folder("")
    assert service.clock.time() == START + 60


# asyncio


def run(coroutine_function, clock):
    with clock.patch():
        asyncio.run(coroutine_function())


def test_tasks_sleep_at_the_same_time_and_wake_in_order(clock):
    woken = []

    async def sleeper(name, *pauses):
        for pause in pauses:
            assert await asyncio.sleep(pause, name) == name
            woken.append((name, clock.time() - START))

    async def main():
        tasks = sleeper("a", 10, 10), sleeper("b", 5, 10), asyncio.sleep(12), sleeper("c", 20)
        await asyncio.gather(*tasks)

    run(main, clock)
    assert woken == [("b", 5), ("a", 10), ("b", 15), ("c", 20), ("a", 20)]
    assert clock.time() == START + 20


def test_time_waits_for_a_task_that_begins_its_sleep_later(clock):
    order = []

    async def busy():
        for _ in range(20):
            await asyncio.sleep(0)
        await asyncio.sleep(1)
        order.append("busy")

    async def main():
        await asyncio.gather(asyncio.sleep(10), busy())
        order.append("all")

    run(main, clock)
    assert order == ["busy", "all"]
    assert clock.time() == START + 10


def test_a_cancelled_sleep_does_not_let_time_pass(clock):
    async def main():
        task = asyncio.create_task(asyncio.sleep(1000))
        await asyncio.sleep(1)
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(1)

    run(main, clock)
    assert clock.time() == START + 2


def test_a_sleep_that_ends_at_the_same_time_as_another_can_be_cancelled(clock):
    async def main():
        first, second = (asyncio.create_task(asyncio.sleep(5, each)) for each in (1, 2))
        await asyncio.sleep(0)
        second.cancel()
        assert await first == 1
        assert second.cancelled()

    run(main, clock)
    assert clock.time() == START + 5


class Length:
    """A number of seconds that can be added to a float, as those of numpy can."""

    def __radd__(self, other):
        return other + 2

    def __le__(self, other):
        return other >= 2


@pytest.mark.parametrize(
    "delay", [Fraction(2), Length(), 2, 2.0], ids=lambda given: type(given).__name__
)
def test_every_number_that_the_real_asyncio_sleep_accepts_takes_virtual_time(clock, delay):
    async def main():
        assert await asyncio.sleep(delay, "a") == "a"

    run(main, clock)
    assert clock.time() == START + 2


REFUSED = ["1", None, 1j, [1], Decimal(2), 10**400, Fraction(10**400), timedelta(seconds=2)]


@pytest.mark.parametrize("delay", REFUSED, ids=lambda delay: type(delay).__name__)
def test_asyncio_sleep_is_refused_as_the_real_one_refuses_it(clock, delay):
    async def main():
        coroutine = asyncio.sleep(delay)
        with pytest.raises((TypeError, OverflowError)) as raised:
            await coroutine
        return raised.value

    real = asyncio.run(main())
    with clock.patch():
        virtual = asyncio.run(main())
    assert (type(virtual), virtual.args) == (type(real), real.args)
    assert clock.time() == START


def test_sleeps_of_zero_or_infinite_seconds_use_the_real_function(clock):
    async def main():
        assert await asyncio.sleep(0, "a") == "a"
        assert await asyncio.sleep(-5) is None
        with pytest.raises(asyncio.TimeoutError):
            await asyncio.wait_for(asyncio.sleep(math.inf), 0.001)
        with pytest.raises(TypeError):
            await asyncio.sleep("1")

    run(main, clock)
    assert clock.time() == START


def test_an_error_of_the_clock_is_raised_by_the_sleep(clock):
    def fail(seconds):
        raise OSError(f"no sleep of {seconds}")

    clock.sleeper = fail

    async def main():
        with pytest.raises(OSError, match=r"no sleep of 5\.0"):
            await asyncio.sleep(5)

    run(main, clock)


class Own(BaseException):
    """An error that is not an `Exception`, like those of `pytest.fail` and `SimulatedCrash`."""


def sleeping_once(sleep):
    """Return a sleeper of a clock that calls ``sleep`` at its first call, and then does nothing."""
    calls = []

    def sleeper(seconds):
        calls.append(seconds)
        if len(calls) == 1:
            sleep()

    return sleeper


@pytest.mark.parametrize("error", [Own("own"), pytest.fail.Exception("own"), ValueError("own")])
def test_any_error_of_a_sleeper_is_raised_by_its_sleep_and_other_sleeps_go_on(clock, error):
    clock.sleeper = sleeping_once(mock.Mock(side_effect=error))

    async def main():
        other = asyncio.create_task(asyncio.sleep(9, "other"))
        with pytest.raises(type(error), match="own"):
            await asyncio.sleep(5)
        assert await other == "other"

    run(main, clock)


def test_a_mock_without_further_values_ends_the_sleep_with_an_error(clock):
    clock.sleeper = mock.Mock(side_effect=[None])

    async def main():
        await asyncio.sleep(1)
        with pytest.raises(RuntimeError, match=r"clock: .* raised StopIteration") as raised:
            await asyncio.sleep(1)
        assert isinstance(raised.value.__cause__, StopIteration)

    run(main, clock)


def test_an_error_whose_task_was_cancelled_goes_to_the_handler_of_the_loop(clock):
    told = []

    def cancel_and_fail():
        task.cancel()
        raise OSError("own")

    async def main():
        nonlocal task
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: told.append(context["exception"]))
        task = asyncio.create_task(asyncio.sleep(5))
        other = asyncio.create_task(asyncio.sleep(9, "other"))
        with pytest.raises(asyncio.CancelledError):
            await task
        assert await other == "other"

    task = None
    clock.sleeper = sleeping_once(cancel_and_fail)
    run(main, clock)
    assert [repr(each) for each in told] == ["OSError('own')"]


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit])
def test_an_interrupt_in_a_sleeper_ends_the_loop_which_can_run_again(clock, error):
    clock.sleeper, cleaned = sleeping_once(mock.Mock(side_effect=error)), []

    async def main():
        try:
            await asyncio.sleep(5)
        finally:
            cleaned.append(await asyncio.sleep(1, "slept"))

    with pytest.raises(error):
        run(main, clock)
    assert cleaned == ["slept"]


def test_an_error_in_reading_a_clock_is_raised_by_the_sleep():
    class Broken(ManualClock):
        slept = False

        @property
        def micros(self):
            if self.slept:
                raise OSError("own")
            return super().micros

        def sleep(self, _seconds):
            self.slept = True

    async def main():
        with pytest.raises(OSError, match="own"):
            await asyncio.sleep(5)

    run(main, Broken())


def test_the_timers_of_a_loop_are_real(clock):
    async def main():
        loop = asyncio.get_running_loop()
        before = loop.time()
        await asyncio.sleep(3600)
        assert loop.time() - before < 60
        await asyncio.wait_for(asyncio.to_thread(threading.Event().wait, 0.001), 60)

    run(main, clock)


def test_named_modules_sleep_virtually_in_tasks(modules, clock):
    module = modules(
        "import asyncio\ndef start():\n    return asyncio.create_task(asyncio.sleep(9))"
    )

    async def main():
        await module.start()

    with clock.patch(module):
        asyncio.run(main())
    assert clock.time() == START + 9


def test_asyncio_sleep_is_a_coroutine_function(clock):
    tests = [inspect.iscoroutinefunction]
    if sys.version_info < (3, 14):  # deprecated since then
        tests.append(asyncio.iscoroutinefunction)
    with clock.patch():
        for is_one in tests:
            assert is_one(asyncio.sleep)
            assert not is_one(time.sleep)


def test_asyncio_sleep_has_the_signature_of_the_real_one(clock):
    real = inspect.signature(asyncio.sleep)
    with clock.patch():
        assert inspect.signature(asyncio.sleep) == real
