r"""Hypothesis strategies for the input of a job queue, valid and invalid.

>>> from hypothesis import find
>>> find(usernames(), lambda name: "-" in name)
'-'
>>> find(job_dicts(), lambda job: any(isinstance(value, list) for value in job.values()))
{'': []}
"""

from __future__ import annotations

import unicodedata
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from dropspool import layout
from dropspool.schemas import (
    BackendConfigSchemaIn,
    DataDict,
    ExperimentDict,
    ResultDict,
    StatusMsgDict,
)

RESERVED_NAMES = ("desktop.ini", "thumbs.db", ".ds_store", ".dropbox", ".dropbox.attr")
"""Names that Dropbox reserves for itself, in any case (F3.2-14)."""

_TRAPS = (
    # Separators and suffixes of ids and files
    "-",
    "a-b",
    "-a-",
    "a.b",
    "a.json",
    "..a",
    "...",
    "a.",
    "job-a",
    "status-a",
    # Names that differ only in case
    "bob",
    "Bob",
    "BOB",
    "\u0130",
    "i",
    "I",
    "\u03c3",
    "\u03a3",
    "\u03c2",
    "\u212a",
    "k",
    # Names that differ only in their composition, or are folded to several characters
    "\u00e9",
    "e\u0301",
    "\u1e9e",
    "\u00df",
    "ss",
    # Ends of ids, whole ids, and characters and words with a special meaning elsewhere
    "x-00000",
    "20260101_000000-a-b-00000",
    "a b",
    "a%2Fb",
    "~$a",
    "*?<>|:",
    '"',
    "'",
    "None",
    "null",
    "config",
    "u" * 100,
)
_UNUSABLE = (
    "",
    ".",
    "..",
    " ",
    "\u3000",
    "a ",
    " a",
    "a\n",
    *RESERVED_NAMES,
    "Desktop.Ini",
    "u" * 256,
    "u" * 300,
)
_LEAVING = ("a/b", "/a", "a/", "../a", "a/../../b", "..", "a\\b")


def composed(name: str) -> str:
    """Return a name in the composed form (NFC) in which Dropbox keeps it."""
    return unicodedata.normalize("NFC", name)


def folded(path: str) -> str:
    """Return a path as Dropbox compares it: in lower case, character by character."""
    return "".join([character.lower()[0] for character in composed(path)])


def display_names() -> SearchStrategy[str]:
    """Return a strategy for names of backends: lower-case letters and digits."""
    return st.text("abcxyz019", min_size=1, max_size=12)


def hostile_display_names() -> SearchStrategy[str]:
    """Return a strategy for names that no backend can have."""
    kinds = st.sampled_from(["A", "a_b", "a-b", "a.b", "a\n", "a" * 250, "\u00e9", "\u0661"])
    return st.one_of(hostile_names(), kinds)


def usernames() -> SearchStrategy[str]:
    """Return a strategy for user names of at most 100 characters, many of them difficult."""
    free = st.text(
        st.characters(min_codepoint=0x20, max_codepoint=0xFFFF, exclude_categories=["Cs", "Cc"]),
        min_size=1,
        max_size=30,
    )
    return st.one_of(st.sampled_from(_TRAPS), free).filter(_is_usable)


def hostile_usernames() -> SearchStrategy[str]:
    """Return a strategy for names that no user can have; some lead out of the user's folder."""
    return st.one_of(hostile_names(), st.sampled_from(_LEAVING))


def hostile_names() -> SearchStrategy[str]:
    """Return a strategy for names that no user, folder or file can have, without slashes."""
    text = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/"), max_size=5)
    forbidden = st.one_of(
        st.characters(categories=["Cc", "Cs"]),
        st.characters(min_codepoint=0x10000),
        st.sampled_from(["\\", "\x7f", "\x85"]),
    )
    return st.one_of(
        st.sampled_from(_UNUSABLE),
        st.builds("".join, st.tuples(text, forbidden, text)),
        st.builds("{} ".format, text),
        st.builds("\n{}".format, text),
    )


def job_dicts() -> SearchStrategy[dict[str, Any]]:
    """Return a strategy for the content of jobs: small JSON objects of all kinds."""
    numbers = st.one_of(st.integers(), st.floats(allow_nan=False, allow_infinity=False))
    scalars = st.one_of(st.none(), st.booleans(), numbers, st.text(max_size=10))
    values = st.recursive(
        scalars,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)
        ),
        max_leaves=8,
    )
    return st.dictionaries(st.text(max_size=10), values, max_size=4)


def configs() -> SearchStrategy[BackendConfigSchemaIn]:
    """Return a strategy for configurations of backends, with and without optional fields."""
    count = st.integers(0, 10**6)
    text = st.text(max_size=20)
    gate = st.fixed_dictionaries(
        {"name": st.sampled_from(["rx", "rz", "fhop"])},
        optional={"parameters": st.lists(text, max_size=2), "description": text},
    )
    return st.builds(
        BackendConfigSchemaIn,
        description=text,
        version=st.builds("{}.{}.{}".format, *[st.integers(0, 99)] * 3),
        display_name=st.one_of(st.none(), display_names()),
        cold_atom_type=st.sampled_from(["fermion", "boson", "spin", "mixed"]),
        gates=st.lists(gate, max_size=2),
        max_experiments=count,
        max_shots=count,
        simulator=st.booleans(),
        supported_instructions=st.lists(text, max_size=3),
        num_wires=count,
        wire_order=st.sampled_from(["linear", "sequential", "interleaved"]),
        num_species=count,
        operational=st.booleans(),
        pending_jobs=st.one_of(st.none(), count),
        status_msg=st.one_of(st.none(), text),
    )


def results(
    job_ids: SearchStrategy[str] | None = None, backends: SearchStrategy[str] | None = None
) -> SearchStrategy[ResultDict]:
    """Return a strategy for results of jobs."""
    memory = st.lists(st.text("01", min_size=1, max_size=4), max_size=4)
    experiment = st.builds(
        ExperimentDict,
        header=job_dicts(),
        shots=st.integers(0, 1000),
        success=st.booleans(),
        data=st.builds(DataDict, memory=memory),
    )
    return st.builds(
        ResultDict,
        display_name=display_names() if backends is None else backends,
        backend_version=st.just("1.0.0"),
        job_id=st.text(max_size=20) if job_ids is None else job_ids,
        success=st.booleans(),
        status=st.just("DONE"),
        header=job_dicts(),
        results=st.lists(experiment, max_size=2),
    )


def statuses(job_ids: SearchStrategy[str] | None = None) -> SearchStrategy[StatusMsgDict]:
    """Return a strategy for statuses of jobs."""
    text = st.text(max_size=20)
    return st.builds(
        StatusMsgDict,
        job_id=text if job_ids is None else job_ids,
        status=st.sampled_from(["INITIALIZING", "QUEUED", "DONE", "ERROR"]),
        detail=text,
        error_message=text,
    )


def foreign_files(display_name: str) -> SearchStrategy[dict[str, bytes]]:
    """Return a strategy for files of other programs in the queue of a backend, by path.

    None of them is a job of this backend, although some look like one.
    """
    folder = f"/{layout.queue_folder(display_name)}"
    job = f"20200101_000000_000000-{display_name}-ada-00000"
    other = f"20200101_000000_000000-not{display_name}-ada-00000"
    names = [
        "notes.txt",
        "job-.json",
        "job-1.json",
        ".json",
        "job-x-y-z.json",
        "~lock",
        f"job-{job}.json.tmp",
        f"job-{job} (conflicted copy).json",
        f"job-{job}",
        f"{job}.json",
        f"job-{other}.json",
        f"claim-{job}.json",
        f"job-{job}.json/inside.json",
        "folder/x.json",
    ]
    contents = st.sampled_from([b"{}", b"[1]", b"", b"\xff"])
    return st.dictionaries(st.sampled_from([f"{folder}/{name}" for name in names]), contents)


def _is_usable(name: str) -> bool:
    kept = composed(name)
    return (
        kept == kept.strip()
        and not {"/", "\\"} & {*kept}
        and max(kept) <= "\uffff"
        and folded(kept) not in {".", "..", *RESERVED_NAMES}
    )
