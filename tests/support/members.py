"""Accounts that share folders with each other, and random histories of what they do."""

from dropbox import files, sharing
from dropbox.exceptions import ApiError
from hypothesis import strategies as st
from tests.support.mirror import Mirror, identity

from fakedropbox import FakeDropboxService

PATHS = ["/a", "/b", "/a/b", "/a/b/a", "/b/a", "/A", "/a (1)", "/b (1)/a"]
LEVELS = ["viewer", "editor"]
_SHARED = [
    (0, ("folder", "/a")),
    (0, ("share", "/a")),
    (0, ("add", 0, 1, "editor")),
]
_MOUNTED = [(1, ("mount", 0, False)), (0, ("upload", "/a/b", b"1"))]
_path = st.sampled_from(PATHS)
_OPERATIONS = st.one_of(
    st.tuples(st.just("upload"), _path, st.sampled_from([b"", b"1", b"22", b"333"])),
    st.tuples(st.sampled_from(["delete", "folder", "share"]), _path),
    st.tuples(st.sampled_from(["move", "move", "copy"]), _path, _path, st.booleans()),
    st.tuples(
        st.sampled_from(["mount", "mount", "unmount", "leave", "unshare"]),
        st.integers(0, 2),
        st.booleans(),
    ),
    st.tuples(st.just("add"), st.integers(0, 2), st.integers(0, 2), st.sampled_from(LEVELS)),
)


def histories(people=2, max_size=12):
    """Return a strategy for operations, each with the number of the person who does it."""
    begin = st.sampled_from([[], _SHARED, _SHARED + _MOUNTED, _SHARED + _MOUNTED])
    rest = st.lists(st.tuples(st.integers(0, people - 1), _OPERATIONS), max_size=max_size)
    return st.tuples(begin, rest).map(lambda both: both[0] + both[1])


class Person:
    """An account with a client, and what it does."""

    def __init__(self, people, account):
        self.people = people
        self.account = account
        self.dbx = people.service.client(account=account)

    def do(self, operation):
        """Carry out an operation; return the tag of the error if it is refused."""
        name, *arguments = operation
        try:
            getattr(self, name)(*arguments)
        except ApiError as refused:
            return refused.error._tag
        return None

    def upload(self, path, content):
        self.dbx.files_upload(content, path, files.WriteMode.overwrite)

    def delete(self, path):
        self.dbx.files_delete_v2(path)

    def folder(self, path):
        self.dbx.files_create_folder_v2(path)

    def move(self, source, to, autorename):
        self.dbx.files_move_v2(source, to, autorename=autorename)

    def copy(self, source, to, autorename):
        self.dbx.files_copy_v2(source, to, autorename=autorename)

    def share(self, path):
        self.people.folders.append(
            self.dbx.sharing_share_folder(path).get_complete().shared_folder_id
        )

    def add(self, folder, person, level):
        selector = sharing.MemberSelector.email(self.people[person].account.email)
        member = sharing.AddMember(selector, sharing.AccessLevel(level))
        self.dbx.sharing_add_folder_member(self.people.folder(folder), [member])

    def mount(self, folder, _):
        self.dbx.sharing_mount_folder(self.people.folder(folder))

    def unmount(self, folder, _):
        self.dbx.sharing_unmount_folder(self.people.folder(folder))

    def leave(self, folder, leave_a_copy):
        self.dbx.sharing_relinquish_folder_membership(self.people.folder(folder), leave_a_copy)

    def unshare(self, folder, leave_a_copy):
        self.dbx.sharing_unshare_folder(self.people.folder(folder), leave_a_copy)

    def entries(self, path="", **given):
        """Return all entries of a new listing, recursive unless given."""
        return listing(self.dbx, path, **{"recursive": True, **given})

    def tree(self, path=""):
        """Return what is below a path, by the path relative to it."""
        found = {}
        for entry in self.entries(path):
            if entry.path_lower != path.lower():
                found[entry.path_lower.removeprefix(path.lower())] = identity(entry)
        return found


class People:
    """Some accounts of one service, and the ids of all folders that they have shared so far."""

    def __init__(self, count, personality=None):
        self.service = FakeDropboxService(personality=personality)
        accounts = [self.service.accounts.default]
        accounts += [
            self.service.accounts.create(f"member{number}@example.com")
            for number in range(1, count)
        ]
        self.folders = []
        self.all = [Person(self, account) for account in accounts]

    def __getitem__(self, number):
        return self.all[number % len(self.all)]

    def __iter__(self):
        return iter(self.all)

    def folder(self, number):
        return self.folders[number % len(self.folders)] if self.folders else "1"


class Cursor:
    """A cursor of a listing, and the mirror that it keeps up to date."""

    def __init__(self, person, path="", **given):
        self.person, self.path = person, path
        self.given = {"recursive": True, **given}
        self.begin()

    def begin(self):
        """Read the whole listing."""
        self.mirror = Mirror()
        page = self.person.dbx.files_list_folder(self.path, **self.given)
        self.read(page)

    def read(self, page):
        while True:
            self.mirror.apply(page.entries)
            self.cursor = page.cursor
            if not page.has_more:
                return
            page = self.person.dbx.files_list_folder_continue(page.cursor)

    def follow(self):
        """Apply all changes; return False if the folder does not exist any more."""
        try:
            try:
                self.read(self.person.dbx.files_list_folder_continue(self.cursor))
            except ApiError as refused:
                if not refused.error.is_reset():
                    raise
                self.begin()
        except ApiError as refused:
            if refused.error.get_path()._tag not in ("not_found", "not_folder"):
                raise
            return False
        return True

    def listed(self):
        """Return the entries of a mirror that is built from a new listing."""
        return Cursor(self.person, self.path, **self.given).mirror.entries


def listing(dbx, path="", **given):
    """Return all entries of a new listing."""
    page = dbx.files_list_folder(path, **given)
    entries = page.entries
    while page.has_more:
        page = dbx.files_list_folder_continue(page.cursor)
        entries += page.entries
    return entries
