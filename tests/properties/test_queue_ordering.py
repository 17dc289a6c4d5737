"""Jobs come out of the queue in the order in which they were submitted.

`HYPOTHESIS_PROFILE=thorough pytest tests/properties` tries 500 examples of each.
"""

import random
from datetime import datetime, timedelta, timezone
from functools import cache
from types import SimpleNamespace

from dropbox.exceptions import DropboxException
from hypothesis import Phase, find, given, settings
from hypothesis import strategies as st
from tests.properties.hostile_names import display_names, usernames
from dropspool.testing.replaced_system import ReplacedProvider

from dropspool import DropboxLoginInformation, DropboxProviderExtended
from dropspool.demo import CONFIG
from fakedropbox import FakeDropboxService, Personality


@cache
def service_with(list_order, page_size):
    return FakeDropboxService(
        seed=0, personality=Personality(list_order=list_order, page_size=page_size)
    )


@st.composite
def submissions(draw):
    """A Dropbox, and jobs: for which backend, by whom, and at which moment of the user's clock.

    The clock may stand still between two jobs, or be put back.
    """
    start = datetime(2026, 1, 1, 23, 59, 58, tzinfo=timezone.utc)
    seconds = st.sampled_from([0, 1e-6, 0.25, 1, 3, 86400])
    moments = seconds.map(lambda later: start + timedelta(seconds=later))
    backends = draw(st.lists(display_names(), min_size=1, max_size=2, unique=True))
    jobs = st.tuples(st.sampled_from(backends), usernames(), moments)
    return SimpleNamespace(
        service=service_with(
            draw(st.sampled_from(["creation", "name"])), draw(st.sampled_from([1, 2, 500]))
        ),
        backends=backends,
        jobs=draw(st.lists(jobs, min_size=1, max_size=6)),
    )


def live(make_provider, case):
    """Submit all jobs, then take as many; per backend, the ids and numbers of both."""
    service = case.service
    login = DropboxLoginInformation.model_validate(service.login, from_attributes=True)
    clock = SimpleNamespace(
        moment=service.clock.now(), now=lambda: clock.moment, sleep=service.clock.sleep
    )
    submitted = {backend: [] for backend in case.backends}
    taken = {backend: [] for backend in case.backends}
    with service.scratch(), service.activate():
        provider = make_provider(login, "fake", clock=clock)
        for backend in case.backends:
            provider.upload_config(CONFIG, backend)
        for number, (backend, user, moment) in enumerate(case.jobs):
            clock.moment = moment
            job_id = provider.upload_job({"number": number}, backend, user)
            submitted[backend].append((job_id, number))
        for backend in case.backends:
            for _ in submitted[backend]:
                job = provider.get_next_job_in_queue(backend)
                content = provider.get_job_content(job.job_json_path, job.job_id)
                taken[backend].append((job.job_id, content["number"]))
    return submitted, taken


@given(submissions())
def test_jobs_come_out_in_the_order_of_their_submission(case):
    submitted, taken = live(DropboxProviderExtended, case)
    assert taken == submitted


def test_the_replaced_system_has_them_out_of_order():
    def is_out_of_order(case):
        try:
            submitted, taken = live(ReplacedProvider, case)
        except DropboxException:
            return False  # it lost a job, which is another fault
        return any(
            [number for _, number in taken[backend]] != [number for _, number in jobs]
            for backend, jobs in submitted.items()
        )

    case = find(
        submissions(),
        is_out_of_order,
        # The first case that is found will do: making it small takes a while.
        settings=settings(max_examples=500, database=None, phases=[Phase.generate]),
        random=random.Random(0),  # noqa: S311 -- the same search in each run
    )
    print(f"\nout of order: {case}")
    submitted, taken = live(DropboxProviderExtended, case)
    assert taken == submitted
