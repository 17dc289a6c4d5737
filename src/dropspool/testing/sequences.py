"""Sequences of calls of a provider, and its answers, to compare two providers.

A step refers to a job by its number, and answers are normalized so that neither ids nor
times differ between two providers that do the same. No two file names differ only in
case, because in a folder the file system decides whether they are the same.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy
from pydantic import BaseModel

from dropspool.providers.base import StorageProvider
from dropspool.testing import strategies
from dropspool.testing.bench import Bench, Capabilities, Subject
from dropspool.testing.kit import BACKEND, config, result_of, status_of
from dropspool.testing.subjects import DropboxSubject

_ID = re.compile(r"\d{8}_\d{6}(_\d{6})?-[a-z0-9]+-(.+?)-[0-9a-f]{5}")


@dataclass(frozen=True)
class Step:
    """One call: the method, its arguments, and the number of the job that it is about."""

    method: str
    arguments: tuple[Any, ...] = ()
    job: int | None = None

    def is_for(self, capabilities: Capabilities) -> bool:
        """Return whether a provider with these capabilities can make this call."""
        needed = {"renew": capabilities.leases, "recover": capabilities.recovery}
        return needed.get(self.method, True)

    def make(self, provider: StorageProvider, ids: Sequence[str]) -> Any:
        """Make the call and return its answer."""
        if self.job is not None and not ids:
            return "no job"
        job_id = ids[self.job % len(ids)] if self.job is not None else ""
        if self.method == "end":
            status, number = self.arguments
            result = result_of(job_id, n=number)
            return provider.update_in_database(result, status_of(job_id, status), job_id, BACKEND)
        if self.method == "renew":
            return provider.renew(job_id, BACKEND)
        if self.method in ("upload_status", "get_status", "get_result"):
            return getattr(provider, self.method)(BACKEND, *self.arguments, job_id)
        if self.method == "get_job_content":
            (place,) = self.arguments
            return provider.get_job_content(place, job_id)
        return getattr(provider, self.method)(*self.arguments)


def sequences() -> SearchStrategy[list[Step]]:
    """Return a strategy for sequences of up to twelve calls about a few files and jobs."""
    folder = st.sampled_from(["Backend_files/a", "/Backend_files/a/", "Backend_files/a/b"])
    name = st.sampled_from(["x", "y"])
    user = st.sampled_from(["ada", "Ada", "a-b"])
    number = st.integers(0, 3)
    place = st.sampled_from(["Backend_files/Running_Jobs", f"Backend_files/Queued_Jobs/{BACKEND}"])
    content = strategies.job_dicts()

    def step(method: str, *arguments: SearchStrategy[Any], about: bool = False) -> Any:
        job = number if about else st.none()
        return st.builds(Step, st.just(method), st.tuples(*arguments), job)

    backend = st.just(BACKEND)
    return st.lists(
        st.one_of(
            step("upload_job", content, backend, user),
            step("upload_status", user, about=True),
            step("get_next_job_in_queue", backend),
            step("get_job_content", place, about=True),
            step("end", st.sampled_from(["DONE", "ERROR", "QUEUED"]), number, about=True),
            step("get_status", user, about=True),
            step("get_result", user, about=True),
            step("renew", about=True),
            step("recover", backend),
            step("upload", content, folder, name),
            step("upload_string", st.sampled_from(["{}", "[", "1"]), folder, name),
            step("update_file", content, folder, name),
            step("get_file_content", folder, name),
            step("get_file_queue", folder),
            step("move_file", folder, folder, name),
            step("delete_file", folder, name),
            step("get_backends"),
            step("get_backend_status", backend),
            step("timestamp_queue", backend),
        ),
        max_size=12,
    )


def reference(steps: Sequence[Step]) -> list[str]:
    """Return the answers of dropspool's provider on Dropbox."""
    return answers(DropboxSubject(), steps)


def answers(subject: Subject, steps: Sequence[Step]) -> list[str]:
    """Return a provider's answer to each step, on an empty storage with one backend."""
    with Bench() as bench:
        provider = subject.make_provider(bench, bench.clock)
        provider.upload_config(config(), BACKEND)
        ids: list[str] = []
        return [_answer(provider, step, ids) for step in steps]


def _answer(provider: StorageProvider, step: Step, ids: list[str]) -> str:
    try:
        answer = step.make(provider, ids)
    except OSError as error:
        return f"raises {type(error).__name__}"
    except ValueError:
        return "raises ValueError"
    if step.method == "upload_job":
        ids.append(answer)
    if isinstance(answer, BaseModel):
        answer = answer.model_dump(mode="json", exclude={"backend_name"})
    text = repr(answer)
    for number, job_id in enumerate(ids):
        text = text.replace(job_id, f"job {number}")
    return _ID.sub("a job", text)
