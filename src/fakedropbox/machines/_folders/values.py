"""The drawn values of the rules for shared folders, and what they stand for."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dropbox import sharing
from hypothesis import strategies as st

from fakedropbox.machines import _values
from fakedropbox.machines._values import one_of

WHO = st.integers(0, 11)
"""An account."""

NTH = _values.NTH
FILES = st.sampled_from([("/a/a", "/a/b/a.txt", "/b"), ("/A/a.txt", "/a (1)"), ("/a/a", "/b/a")])
"""The files of the first account at the beginning."""

OTHER_FILES = ("/b", "/c/a.txt")
"""The files of the others at the beginning."""

BEGUN = st.sampled_from(
    [
        (),
        ("share", "editor"),
        *[("share", "editor", "mount", "viewer", "mount")] * 3,
        *[("share", "viewer", "mount", "editor", "mount")] * 3,
        *[("share", "editor", "mount", "editor", "mount")] * 3,
        *[("share closed", "editor", "mount", "editor", "mount")] * 3,
        ("share", "editor", "mount", "viewer_no_comment", "mount"),
        *[("share", "editor", "mount", "editor")] * 4,
        ("share", "editor", "mount", "move", "viewer", "mount", "move"),
    ]
)
"""The beginning of an example: nothing, or a folder with one or two members.

Only the owner may change the members of a ``closed`` one. Members may not have mounted the folder,
or have moved it.
"""

_PLAIN = ["/a", "/b", "/a/a", "/a/b", "/b/a", "/a.txt", "/a/a.txt", "/a (1)", "/a (1)/a"]
_ODD = ["/A", "/A/B", "/a/\u00e9", "/\u00c9", "/a/b/a", "/b/a/b", "/a/a.txt/a"]
_BAD = ["/a/..", "/a/desktop.ini", "/a/~x.tmp", "/a ", "/a//b"]
PATHS = st.sampled_from([*_PLAIN * 4, *_ODD * 2, *_BAD])
_BELOW = st.sampled_from(["", "/a", "/b", "/A.txt", "/c", "/c/d"])
_LIVE = st.tuples(st.sampled_from(["live", "inside", "inside", "mount"]), NTH, st.just(""))
_NEW = st.tuples(st.sampled_from(["mount", "mount", "live", "ns", "id"]), NTH, _BELOW)
_GONE = st.tuples(st.just("gone"), NTH, st.just(""))
PLACES = one_of(_LIVE, _LIVE, _LIVE, _GONE, PATHS, _NEW)
"""Mostly the path of an entry, often of one in a shared folder."""

TARGETS = one_of(PATHS, _NEW, _NEW, _NEW, _LIVE, _GONE)
"""Any path, often one in a shared folder, or one that is taken."""

SHAREABLE = one_of(
    st.sampled_from(["/a", "/b", "/c", "/c/d"]), st.tuples(st.just("own"), NTH, st.just("")), PLACES
)
"""Often a folder that can be shared, or the path of one that can be created."""

SOURCES = one_of(
    *[st.tuples(st.sampled_from(["file", "file", "inside", "own", "mount"]), NTH, st.just(""))] * 3,
    PLACES,
)
TARGETS_OF_MOVES = one_of(
    *[st.tuples(st.just("mount"), NTH, st.sampled_from(["/a", "/b", "/c/d", "/B.txt"]))] * 2,
    st.sampled_from(["/a", "/c", "/d", "/c/d", "/b/x"]),
    TARGETS,
)
"""The source and the target of a move or copy, often over the border of a shared folder."""

WITH_PAST = one_of(
    *[st.tuples(st.sampled_from(["file", "file", "gone"]), NTH, st.just(""))] * 3, PLACES
)
"""Mostly the path of a file, or of a deleted entry."""

_BY_ID = st.tuples(st.just("known id"), NTH, st.just(""))
_OF_OTHERS = st.tuples(st.sampled_from(["rev of others", "rev of others", "id"]), NTH, st.just(""))
READ = one_of(*[PLACES] * 4, *[st.tuples(st.just("rev"), NTH, st.just(""))] * 2, _BY_ID, _OF_OTHERS)
"""The same as `PLACES`, a revision, or an id; also those of somebody else."""

FOLDERS = one_of(*[st.just("")] * 4, *[st.just(("mount", 0, ""))] * 2, PLACES, PLACES, _BY_ID)
"""Mostly the root."""

SHARED = one_of(*[st.tuples(st.just("mine"), NTH)] * 6, st.tuples(st.just("any"), NTH))
"""Mostly a shared folder of the account; or any one, one that has ended, or none."""

OTHERS = st.tuples(st.just("other"), NTH)
"""A shared folder of somebody else, if there is one."""

UNMOUNTED = st.tuples(st.just("unmounted"), NTH)
BY_OWNER = st.tuples(st.just("owner"), NTH)
BY_WRITER = st.tuples(st.just("writer"), NTH)
BY_GUEST = st.tuples(st.just("guest"), NTH)
"""A shared folder with its caller: one that has not mounted it, its owner, one that may write in
it, or a member other than the owner."""

_ADDRESS = st.tuples(st.just("email"), NTH)
MEMBERS = one_of(*[st.tuples(st.just("id"), NTH)] * 3, _ADDRESS, _ADDRESS)
"""A person: an account by id or by address, or an address or an id that no account has."""

OTHER_MEMBERS = one_of(*[st.tuples(st.just("member"), NTH)] * 3, MEMBERS)
"""Mostly a member of the folder that is neither its owner nor the account that calls."""

HEIRS = st.tuples(st.sampled_from(["heir", "heir", "heir", "heir", "member", "id"]), NTH)
"""An account by id, mostly one that could become the owner of the folder."""

LEVELS = st.sampled_from(["viewer", "editor", "viewer_no_comment"])
ANY_LEVEL = one_of(LEVELS, LEVELS, LEVELS, st.sampled_from(["owner", "traverse"]))
ADDED = st.lists(st.tuples(MEMBERS, one_of(*[ANY_LEVEL] * 4, st.none())), min_size=1, max_size=2)
"""The selectors and levels of those who are added."""

COPY = st.booleans()


def _asked(**fields: list[str | None]) -> st.SearchStrategy[dict[str, str]]:
    return st.fixed_dictionaries({name: st.sampled_from(fields[name]) for name in fields}).map(
        lambda given: {name: value for name, value in given.items() if value is not None}
    )


POLICIES = one_of(
    st.just({}),
    _asked(acl_update=["owner", "editors"]),
    _asked(
        acl_update=[None, "owner", "editors"],
        viewer_info=[None, "enabled", "disabled"],
        shared_link=[None, "anyone", "anyone", "members", "team"],
        member=[None, None, None, None, "anyone", "team"],
    ),
)
"""The policies that a call asks for."""

ALL_FOLDER_ACTIONS = [
    *("change_options", "edit_contents", "invite_editor", "invite_viewer", "unshare"),
    *("relinquish_membership", "unmount", "leave_a_copy", "create_link", "set_access_inheritance"),
]
FOLDER_ACTIONS = one_of(
    st.none(),
    st.just([]),
    st.just(ALL_FOLDER_ACTIONS),
    st.lists(st.sampled_from(ALL_FOLDER_ACTIONS), max_size=3),
)
ALL_MEMBER_ACTIONS = ["leave_a_copy", "make_editor", "make_owner", "make_viewer", "remove"]
MEMBER_ACTIONS = one_of(
    st.just([]),
    st.just(ALL_MEMBER_ACTIONS),
    st.lists(st.sampled_from(ALL_MEMBER_ACTIONS), max_size=3),
)


def begin_with(names: Iterable[str]) -> Iterable[tuple[str, dict[str, Any]]]:
    """Return the rules, with their arguments, that share a folder with one or two members."""
    member = 0
    for name in names:
        if name in ("share", "share closed"):
            asked = {} if name == "share" else {"acl_update": "owner"}
            given = {"asked": asked, "forced": False, "actions": None}
            yield "share_folder", {"who": 0, "path": "/a", **given}
        elif name == "mount":
            yield "mount_folder", {"who": member, "shared": ("mine", 0)}
        elif name == "move":
            ends = {"source": ("mount", 0, ""), "to": "/c/moved"}
            yield "move", {"who": member, **ends, "autorename": False}
        else:
            member += 1
            yield (
                "add_folder_member",
                {"who": 0, "shared": ("mine", 0), "added": [(("email", member), name)]},
            )


def sdk_selector(selector: str) -> Any:
    """Return a selector as the SDK's object."""
    kind = sharing.MemberSelector
    return kind.email(selector) if "@" in selector else kind.dropbox_id(selector)


def policies_of(asked: dict[str, str]) -> dict[str, Any]:
    """Return policies as arguments for the SDK."""
    kinds = {
        "acl_update": sharing.AclUpdatePolicy,
        "viewer_info": sharing.ViewerInfoPolicy,
        "shared_link": sharing.SharedLinkPolicy,
        "member": sharing.MemberPolicy,
    }
    return {f"{name}_policy": kinds[name](tag) for name, tag in asked.items()}


def actions_of(kind: Any, actions: list[str] | None) -> Any:
    """Return actions as the SDK's objects."""
    return None if actions is None else [kind(action) for action in actions]
