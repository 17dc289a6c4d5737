"""Hypothesis strategies for Dropbox: names, paths, trees, faults and sequences of calls.

- `names`: a strategy for valid names of files and folders
- `hostile_names`: a strategy for names that Dropbox refuses
- `paths`: a strategy for paths
- `contents`: a strategy for data of files
- `trees`: a strategy for the files of an account, as dictionaries of paths and data
- `write_modes`: a strategy for write modes of an upload
- `link_settings`: a strategy for settings of shared links
- `folder_members`: a strategy for the members of a shared folder
- `fault_plans`: a strategy for lists of faults
- `call_sequences`: a strategy for lists of `Operation`
- `Operation`: a call of an SDK method, which can be made on any client
- `Hostility`: the type of a kind of hostile names
- `REFUSALS`: the kinds of hostile names, each with the tag of its error
- `ROUTES`: the routes that `call_sequences` calls

They follow the rules that the fake Dropbox itself enforces, and shrink to the simplest case.

>>> from dropbox.exceptions import DropboxException
>>> from hypothesis import given
>>> from requests import RequestException
>>> from fakedropbox import FakeDropboxService
>>> service = FakeDropboxService()
>>> @given(trees(), fault_plans(), call_sequences())
... def survives(tree, plan, operations):
...     with service.scratch():
...         service.seed_files(tree)
...         service.faults.script(plan)
...         for operation in operations:
...             try:
...                 operation.apply(service.client())
...             except (DropboxException, RequestException, ValueError):
...                 pass  # errors that your program has to handle
>>> survives()

Strategies that are passed as arguments (``names=…``, ``contents=…``) replace the default ones.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product
from operator import itemgetter
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, TypeVar, get_args
from unicodedata import normalize

from dropbox.files import WriteMode
from dropbox.sharing import LinkAudience, RequestedLinkAccessLevel, SharedLinkSettings

from fakedropbox import faults
from fakedropbox._api.sharing.member_changes import GIVEN
from fakedropbox._api.sharing.plans import AUDIENCES, LINK_PLANS
from fakedropbox._base.checks import expect
from fakedropbox._base.extras import missing_extra
from fakedropbox._base.public import refusing
from fakedropbox._facts.limits import NAME_CHARACTERS
from fakedropbox._files.paths import DISALLOWED_NAMES, is_disallowed, is_temporary, split
from fakedropbox._identity.accounts import Account
from fakedropbox.errors import RouteError

try:
    from hypothesis import strategies as st
    from hypothesis.strategies import SearchStrategy
except ImportError as missing:
    raise missing_extra(__name__, missing, "testing") from missing

__all__ = [
    "REFUSALS",
    "ROUTES",
    "Hostility",
    "Operation",
    "call_sequences",
    "contents",
    "fault_plans",
    "folder_members",
    "hostile_names",
    "link_settings",
    "names",
    "paths",
    "trees",
    "write_modes",
]

if not TYPE_CHECKING:  # type checkers would accept any name of the module
    __getattr__ = refusing(__name__)

Made = TypeVar("Made")
Hostility = Literal["nameless", "space", "control", "backslash", "long", "surrogate", "reserved"]

REFUSALS: dict[str, str] = {
    **dict.fromkeys(get_args(Hostility)[:-1], "malformed_path"),
    "reserved": "disallowed_name",
}
"""The kinds of hostile names, and the tag of the `WriteError` with which each is refused."""

ROUTES = (
    "files/upload",
    "files/download",
    "files/get_metadata",
    "files/list_folder",
    "files/create_folder_v2",
    "files/move_v2",
    "files/delete_v2",
)
"""The routes that `call_sequences` calls; `fault_plans` also uses `list_folder/continue`."""

# Later than any time that the clock of a test is likely to reach.
_EARLIEST_EXPIRY, _LATEST_EXPIRY = datetime(2100, 1, 1), datetime(2199, 1, 1)  # noqa: DTZ001 -- the SDK's times are naive

_FAULT_ROUTES = (*ROUTES, "files/list_folder/continue")
_FAULTS = (
    faults.lost_reply,
    faults.connection_refused,
    faults.corrupt_reply,
    faults.truncated_body,
    faults.insufficient_space,
    faults.expired_token,
    faults.revoked_token,
    faults.missing_scope,
    faults.reset_cursor,
)
_PLAIN = st.text("abcABC019", min_size=1, max_size=4)
_TRAPS = (
    " a",
    "a b",
    "a.",
    "...",
    ".a",
    "a.tar.gz",
    "a (1)",
    ".~a",
    "~a.tmp.txt",
    "a%2Fb",
    "%00",
    '*?<>|:"',
    "'",
    "null",
    "CON",
    "con.txt",
    "-",
    "--help",
    "#",
    "a\u2028b",
    "\ufeff",
    "\u202ea",
    "a\u00a0",
    # Letters with unusual upper or lower case forms, and combining marks that NFC may compose.
    "\u00e9",
    "e\u0301",
    "\u0130",
    "\u0131",
    "\u00df",
    "\u1e9e",
    "\u03a3",
    "\u03c2",
    "\u03c3",
    "\u212a",
    "H\u0331",
    "\u1e96",
    "\u01c5",
    "\ua64a",
    "\u304b\u3099",
    "a\u0323\u0307",
    # The longest names.
    "a" * NAME_CHARACTERS,
    "e\u0301" * NAME_CHARACTERS,
    "." + "a" * (NAME_CHARACTERS - 1),
)
_NO_REV = "0123456789abcdef"
_MODES = (WriteMode.add, WriteMode.overwrite, WriteMode.update(_NO_REV))
_EDGES = (b"", b"\0", b"\r\n", b"\xff\xfe", b"\xef\xbb\xbf{}", b"null", b"\x1f\x8b\x08")


def _is_valid(name: str) -> bool:
    try:
        parts = split(f"/{name}")
    except RouteError:
        return False
    return not is_disallowed(parts) and not is_temporary(parts[-1])


@st.composite
def _made(draw: st.DrawFn, make: Callable[..., Made], *parts: SearchStrategy[Any]) -> Made:
    """Generate ``make(…)`` with drawn arguments, as `st.builds` does, but at a lower cost.

    To explain a failure, Hypothesis replaces each argument of `st.builds` and each item of
    `st.tuples` a hundred times. The printed value does not contain our arguments, so that would
    help nobody.
    """
    return make(*[draw(part) for part in parts])


def _expect_positive(argument: str, value: int) -> None:
    expect(argument, value, int)
    if value < 1:
        raise ValueError(f"{argument}: expected a whole number above 0, got {value!r}")


def names(*, astral: bool = False) -> SearchStrategy[str]:
    """Generate valid names of files or folders, of 1 to 255 characters, with many edge cases.

    Args:
        astral: True to include characters above U+FFFF, such as emoji, which a `Personality`
            may refuse.

    >>> from hypothesis import find
    >>> find(names(), lambda name: len(name) > 1)
    '00'
    """
    free = st.text(
        st.characters(
            max_codepoint=0x10FFFF if astral else 0xFFFF,
            exclude_categories=["Cc", "Cs"],
            exclude_characters="/\\",
        ),
        min_size=1,
        max_size=30,
    )
    known = st.one_of(_PLAIN, st.sampled_from(_TRAPS), free).filter(_is_valid)
    # Some characters below U+FFFF, such as U+FAD5, become others above it in NFC (F3.3-05).
    return known if astral else known.filter(lambda name: max(normalize("NFC", name)) <= "\uffff")


def hostile_names(*kinds: Hostility) -> SearchStrategy[str]:
    """Generate invalid names, which Dropbox refuses for any file or folder.

    Args:
        *kinds: some of the keys of `REFUSALS`; all by default.

    Raises:
        ValueError: a kind is unknown.

    >>> from hypothesis import find
    >>> find(hostile_names("space"), lambda name: True)
    ' '
    >>> REFUSALS["reserved"]
    'disallowed_name'
    """
    for kind in kinds:
        if kind not in REFUSALS:
            raise ValueError(f"kinds: expected some of {', '.join(REFUSALS)}, got {kind!r}")
    around = st.text("abc", max_size=3)
    cased = st.sampled_from([str.lower, str.upper, str.title])
    bad = {
        "control": st.sampled_from([*map(chr, range(0x20)), "\x7f"]),
        "backslash": st.just("\\"),
        "surrogate": st.characters(categories=["Cs"]),
    }
    strategies: dict[str, SearchStrategy[str]] = {
        "nameless": st.sampled_from(["", ".", ".."]),
        "space": _made("{}{}".format, around, st.sampled_from([" ", "  ", "\u00a0 "])),
        "long": _made(
            lambda character, more: character * (NAME_CHARACTERS + more),
            st.sampled_from(["a", "\u00e9", "\u65e5"]),
            st.integers(1, 100),
        ),
        "reserved": _made(
            lambda name, case: case(name), st.sampled_from(sorted(DISALLOWED_NAMES)), cased
        ),
        **{
            kind: _made("{}{}{}".format, around, character, around)
            for kind, character in bad.items()
        },
    }
    return st.one_of([strategies[kind] for kind in kinds or REFUSALS])


_NAMES = names()


def paths(*, names: SearchStrategy[str] | None = None, max_depth: int = 3) -> SearchStrategy[str]:
    """Generate paths of 1 to ``max_depth`` names, each with a slash before it.

    >>> from hypothesis import find
    >>> find(paths(), lambda path: path.count("/") == 2)
    '/0/0'
    """
    _expect_positive("max_depth", max_depth)
    parts = st.lists(_NAMES if names is None else names, min_size=1, max_size=max_depth)
    return parts.map(lambda parts: "/" + "/".join(parts))


_PATHS = paths()


def contents(*, max_size: int = 100) -> SearchStrategy[bytes]:
    r"""Generate data of files, of at most ``max_size`` bytes.

    >>> from hypothesis import find
    >>> find(contents(), lambda content: len(content) > 1)
    b'\x00\x00'
    """
    expect("max_size", max_size, int)
    edges = [edge for edge in _EDGES if len(edge) <= max_size]
    return st.one_of(st.binary(max_size=max_size), st.sampled_from(edges))


_CONTENTS = contents()


def trees(
    *,
    names: SearchStrategy[str] | None = None,
    contents: SearchStrategy[bytes] | None = None,
    max_files: int = 6,
    max_depth: int = 3,
) -> SearchStrategy[dict[str, bytes]]:
    """Generate dictionaries with 0 to ``max_files`` files, for `FakeDropboxService(files=…)`.

    A key is the path of a file, the value its data. The files of one tree share folders. No two
    paths are the same for Dropbox, and no file has the path of another file's folder.

    >>> from hypothesis import find
    >>> find(trees(), lambda tree: any(path.count("/") == 2 for path in tree))
    {'/0/0': b''}
    """
    _expect_positive("max_files", max_files)
    _expect_positive("max_depth", max_depth)
    pool = st.lists(_NAMES if names is None else names, min_size=1, max_size=4)
    path = st.lists(st.integers(0, 3), min_size=1, max_size=max_depth)
    file = _made(_pair, path, _CONTENTS if contents is None else contents)
    return _made(_tree, pool, st.lists(file, max_size=max_files))


def _pair(path: list[int], content: bytes) -> tuple[list[int], bytes]:
    return path, content


def _tree(pool: list[str], files: list[tuple[list[int], bytes]]) -> dict[str, bytes]:
    named = (
        ("".join(f"/{pool[number % len(pool)]}" for number in numbers), content)
        for numbers, content in files
    )
    return dict(_without_conflicts(named))


def _without_conflicts(entries: Iterable[tuple[str, bytes]]) -> Iterator[tuple[str, bytes]]:
    files: set[tuple[str, ...]] = set()
    folders: set[tuple[str, ...]] = set()
    for path, content in entries:
        keys = tuple(key for _, key in split(path))
        above = {keys[:depth] for depth in range(1, len(keys))}
        if keys not in files | folders and not above & files:
            files.add(keys)
            folders |= above
            yield path, content


def write_modes(revs: Sequence[str] = (_NO_REV,)) -> SearchStrategy[WriteMode]:
    """Generate write modes of an upload: add, overwrite, or update of one of ``revs``.

    The default rev is well-formed, but no file has it.

    >>> from hypothesis import find
    >>> find(write_modes(["015f"*4]), lambda mode: mode.is_update()).get_update()
    '015f015f015f015f'
    """
    return st.sampled_from([*_MODES[:2], *[WriteMode.update(rev) for rev in revs]])


def link_settings(plan: str = "basic") -> SearchStrategy[SharedLinkSettings]:
    """Generate settings of shared links that an account on a plan may ask for (S2-14 to S2-19).

    Args:
        plan: ``basic``, ``pro`` or ``business``.

    >>> from hypothesis import find
    >>> find(link_settings("pro"), lambda given: given.link_password is not None).link_password
    '0'
    """
    if plan not in LINK_PLANS:
        raise ValueError(f"plan: expected one of {', '.join(LINK_PLANS)}, got {plan!r}")
    rights = LINK_PLANS[plan]
    audiences = [tag for tag in AUDIENCES if tag != "password" and rights.allows(tag)]
    free = {
        "audience": st.sampled_from(audiences).map(LinkAudience),
        "access": st.sampled_from(["viewer", "max", "default"]).map(RequestedLinkAccessLevel),
    }
    paid = {
        "link_password": st.text(min_size=1, max_size=20),
        "expires": st.datetimes(_EARLIEST_EXPIRY, _LATEST_EXPIRY).map(_whole_second),
        "allow_download": st.booleans(),
    }
    optional = {**free, **paid} if rights.is_paid else free
    return st.fixed_dictionaries({}, optional=optional).map(lambda all_: SharedLinkSettings(**all_))


def folder_members(accounts: Sequence[Account]) -> SearchStrategy[list[tuple[Account, str]]]:
    """Generate lists of some accounts with roles, for `service.share_folder(…, members=…)`.

    Args:
        accounts: the accounts from which the members are drawn, without the folder's owner.

    >>> from hypothesis import find
    >>> from fakedropbox import FakeDropboxService
    >>> ada = FakeDropboxService().accounts.create("ada@example.com")
    >>> find(folder_members([ada]), bool)[0][1]
    'editor'
    """
    if not accounts:
        return st.just([])
    pairs = st.tuples(st.sampled_from(accounts), st.sampled_from(GIVEN[::-1]))
    return st.lists(pairs, unique_by=itemgetter(0), max_size=len(accounts))


def _whole_second(moment: datetime) -> datetime:
    return moment.replace(microsecond=0)


def fault_plans(
    routes: Sequence[str] = _FAULT_ROUTES, *, max_size: int = 3, optional: bool = True
) -> SearchStrategy[list[faults.Fault]]:
    """Generate lists of 0 to ``max_size`` faults, for `service.faults.script`.

    They are of all `faults.KINDS` except `route_error`: only the test knows which errors of a
    route it expects.

    Args:
        routes: the names of the routes at which a fault may happen, such as ``files/upload``.
        max_size: the greatest number of faults; each one happens 1 to 3 times.
        optional: False if a fault that never happens is to fail the test.

    Raises:
        ValueError: a route is unknown, or there are no routes.

    >>> from hypothesis import find
    >>> find(fault_plans(), lambda plan: any(isinstance(f, faults.slow) for f in plan))
    [slow('files/upload', 0.0, optional=True)]
    >>> plans = fault_plans(["files/delete_v2"], optional=False)
    >>> find(plans, lambda plan: any(isinstance(f, faults.lost_reply) for f in plan))
    [lost_reply('files/delete_v2')]
    """
    expect("routes", routes, list, tuple)
    if not routes or not set(routes) <= set(faults.Fault.routes):
        raise ValueError(f"routes: expected names of routes, got {routes!r}")
    when, seconds = st.sampled_from(get_args(faults.When)), st.floats(0, 100)
    besides: dict[type[faults.Fault], dict[str, SearchStrategy[Any]]] = {
        **{kind: {} for kind in _FAULTS},
        faults.rate_limit: {"retry_after": st.integers(0, 300)},
        faults.server_error: {"status": st.sampled_from([500, 502, 503, 504]), "when": when},
        faults.too_many_write_operations: {"answer": st.sampled_from(["429", "write_error"])},
        faults.slow: {"seconds": seconds, "when": when},
        **{kind: {"seconds": seconds} for kind in (faults.slow_body, faults.stalled_reply)},
    }
    times, may_stay_away = st.integers(1, 3), st.just(optional)
    kinds = [
        st.builds(kind, route=st.sampled_from(at), times=times, optional=may_stay_away, **fields)
        for kind, fields in besides.items()
        if (at := [route for route in routes if route in kind.routes])
    ]
    return st.lists(st.one_of(kinds), max_size=max_size)


@dataclass(frozen=True, repr=False)
class Operation:
    """A call of a method of `dropbox.Dropbox`, which can be made on any client.

    ``method`` is the name of the method, ``arguments`` the pairs of names and values. Its `repr` is
    the source code of the call, to be written after ``dbx.``.

    >>> make = Operation("files_create_folder_v2", (("path", "/a"), ("autorename", False)))
    >>> make
    files_create_folder_v2(path='/a', autorename=False)
    >>> from fakedropbox import FakeDropbox
    >>> make.apply(FakeDropbox()).metadata.path_display
    '/a'
    """

    method: str
    arguments: tuple[tuple[str, Any], ...]

    def apply(self, client: Any) -> Any:
        """Make the call, and return or raise what the SDK returns or raises."""
        return getattr(client, self.method)(**dict(self.arguments))

    def __repr__(self) -> str:
        arguments = ", ".join(f"{name}={value!r}" for name, value in self.arguments)
        return f"{self.method}({arguments})"


def call_sequences(
    *,
    paths: SearchStrategy[str] | None = None,
    contents: SearchStrategy[bytes] | None = None,
    max_size: int = 10,
) -> SearchStrategy[list[Operation]]:
    """Generate lists of 0 to ``max_size`` operations that write, move, delete and read.

    The operations of one list use only a few paths and their folders, so that they interact.

    >>> from hypothesis import find
    >>> find(call_sequences(), lambda calls: any("move" in call.method for call in calls))
    [files_move_v2(from_path='/0', to_path='/0', autorename=False)]
    """
    expect("max_size", max_size, int)
    chosen = st.lists(_PATHS if paths is None else paths, min_size=1, max_size=3)
    content = st.binary(max_size=20) if contents is None else contents
    calls = st.lists(_operations(content), max_size=max_size)
    return _made(_about, chosen, calls)


class _Place(NamedTuple):
    """The index of one of the paths that a list of operations uses; 0 is the first."""

    number: int


def _operations(content: SearchStrategy[bytes]) -> SearchStrategy[Operation]:
    # Few draws for each operation: to shrink a list, Hypothesis deletes at most five adjacent draws
    # at a time.
    place, flag = st.integers(0, 8).map(_Place), st.booleans()
    writes = _options(mode=_MODES, autorename=(False, True))
    looks = _options(recursive=(False, True), include_deleted=(False, True), limit=(None, 1, 2000))
    root_or_place = st.integers(-1, 8).map(lambda number: "" if number < 0 else _Place(number))
    return st.one_of(
        _operation("files_upload", writes, f=content, path=place),
        _operation("files_create_folder_v2", autorename=flag, path=place),
        _operation("files_move_v2", from_path=place, to_path=place, autorename=flag),
        _operation("files_delete_v2", path=place),
        _operation("files_get_metadata", path=place, include_deleted=flag),
        _operation("files_download", path=place),
        _operation("files_list_folder", looks, path=root_or_place),
    )


def _options(**values: Sequence[Any]) -> SearchStrategy[tuple[tuple[str, Any], ...]]:
    """Generate a value for each name; a single draw chooses one of all combinations."""
    return st.sampled_from(
        [tuple(zip(values, chosen, strict=True)) for chosen in product(*values.values())]
    )


def _operation(
    method: str,
    options: SearchStrategy[tuple[tuple[str, Any], ...]] | None = None,
    **arguments: SearchStrategy[Any],
) -> SearchStrategy[Operation]:
    return _made(
        lambda options, *values: Operation(
            method, (*zip(arguments, values, strict=True), *options)
        ),
        st.just(()) if options is None else options,
        *arguments.values(),
    )


def _about(paths: list[str], operations: list[Operation]) -> list[Operation]:
    """Return the operations with each `_Place` replaced by one of the paths or their folders."""
    places = list(dict.fromkeys(place for path in paths for place in (path, *_above(path))))

    def found(value: Any) -> Any:
        return places[value.number % len(places)] if isinstance(value, _Place) else value

    return [
        Operation(call.method, tuple((name, found(value)) for name, value in call.arguments))
        for call in operations
    ]


def _above(path: str) -> list[str]:
    parts = path.split("/")
    return ["/".join(parts[:depth]) for depth in range(2, len(parts))]
