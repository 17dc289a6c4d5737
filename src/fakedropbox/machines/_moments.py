"""Hypothesis rules for times: unusual values of `client_modified` (F4-10), and time that passes."""

from __future__ import annotations

from datetime import datetime

from dropbox.files import WriteMode
from hypothesis import strategies as st
from hypothesis.stateful import precondition, rule

from fakedropbox.clock import SystemClock
from fakedropbox.machines import _values as v
from fakedropbox.machines._entries import Write
from fakedropbox.machines._kernel import Kernel

# The SDK needs naive times, and cannot send a year before 1000.
_MOMENTS = st.sampled_from(
    [datetime(2999, 12, 31), datetime(1969, 12, 31, 23, 59, 59), datetime(1000, 1, 1)]  # noqa: DTZ001 -- naive, as in the SDK
)


@rule(path=v.PATHS, content=v.CONTENTS, modified=_MOMENTS)
def upload_dated(machine: Kernel, path: str, content: bytes, modified: datetime) -> None:
    """Call `files_upload` with a time long ago or in the future, which is stored unchanged."""
    example = machine.example
    with example.rule("upload_dated") as calls:
        outcome = calls.make(
            "files_upload",
            content,
            example.real(path),
            mode=WriteMode.overwrite,
            client_modified=modified,
        )
        how = Write("overwrite", modified=modified)
        example.compare(lambda: example.model.tree.upload(path, content, how), outcome)
        example.keep_refused(content, outcome)


@precondition(lambda machine: not isinstance(machine.clock, SystemClock))
@rule(seconds=st.sampled_from([1, 2, 3600]))
def pass_time(machine: Kernel, seconds: int) -> None:
    """Let some time pass, so that the times of later changes differ from those of earlier ones."""
    machine.example.calls.wait(seconds)
