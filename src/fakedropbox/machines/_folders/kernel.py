"""The machine of shared folders without its rules: its accounts, and the course of one example."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import Any, ClassVar

from dropbox.sharing import FolderAction, MemberAction
from hypothesis.stateful import initialize, invariant

from fakedropbox.clock import SystemClock
from fakedropbox.machines._calls import Calls, Outcome
from fakedropbox.machines._comparison import Pairs, expect
from fakedropbox.machines._course import Course
from fakedropbox.machines._entries import Write
from fakedropbox.machines._example import Example
from fakedropbox.machines._folders import values as v
from fakedropbox.machines._folders.comparison import Comparison
from fakedropbox.machines._folders.namespaces import Namespaces, Seen
from fakedropbox.machines._folders.people import People, Person, SharedFolder
from fakedropbox.machines._folders.sharing import Sharing
from fakedropbox.machines._names import fold
from fakedropbox.machines._tree import Numbers, Tree

_NAMES = ("dbx", "other", "third", "fourth")


class FolderKernel(Course):
    """A machine that makes some clients, and compares all that their accounts see at each step."""

    _after_each_step: ClassVar[tuple[Callable[[FolderKernel], None], ...]] = ()
    """Functions of the modules with rules, which are called after the other comparisons."""

    def __init__(self) -> None:
        super().__init__()
        self._examples: dict[str, Example] = {}
        self.turn = 0

    def make_clients(self) -> Sequence[Any]:
        """Return two to four clients for one example, of different accounts of one service.

        The accounts have to be empty and outside a team, and the clients those of one app.
        """
        raise NotImplementedError(
            f"{type(self).__name__}: expected a method make_clients() that returns clients"
        )

    @property
    def _current(self) -> Example | None:
        return self._examples.get(_NAMES[0])

    def person(self, number: int) -> Person:
        """Return the account that a drawn number stands for."""
        return self.people.all[number % len(self.people.all)]

    def example(self, person: Person) -> Example:
        """Return the example of an account: its calls, and the ids that any account has seen."""
        return self._examples[person.name]

    def calls(self, person: Person) -> Calls:
        """Return the calls of an account."""
        return self._examples[person.name].calls

    @contextmanager
    def rule(self, name: str) -> Iterator[None]:
        """Report a mismatch or a time limit with the program so far.

        Raises:
            Difference: a result is not as expected.
            Interrupted: a time limit has expired.
        """
        with self._examples[_NAMES[0]].rule(name):
            yield

    def compare(self, person: Person, predict: Callable[[], Seen], outcome: Outcome) -> Seen | None:
        """Compare the metadata of one file or folder, and return what is expected.

        Raises:
            Mismatch: they differ.
        """
        seen: Seen | None = self.example(person).expected(predict, outcome)
        if seen is not None:
            meta = getattr(outcome.result, "metadata", outcome.result)
            self.comparison.check(seen, meta)
        return seen

    @initialize(files=v.FILES, begun=v.BEGUN)
    def begin(self, files: tuple[str, ...], begun: tuple[str, ...] = ()) -> None:
        """Make the clients and some files; in most examples, let an account share a folder."""
        clients = self.make_clients()
        self.dbx = clients[0]
        calls = Calls(self.dbx, self.tries, self.pause)
        pairs, numbers = Pairs(), Numbers()
        people = []
        for name, client in zip(_NAMES, clients, strict=False):
            own = calls if client is self.dbx else calls.of(client, name)
            self._examples[name] = Example(
                own,
                name=name,
                strict=self.strict,
                folder="",
                tries=self.tries,
                most_entries=self.most_entries,
                pause=self.pause,
                pairs=pairs,
                numbers=numbers,
            )
            about = own.peek("users_get_current_account").success
            shown = about.name.display_name
            known = about.account_id, about.email.lower(), shown, about.email_verified
            people.append(Person(name, *known, Tree(numbers)))
        self.people = People(people)
        self.files = Namespaces(self.people)
        self.sharing = Sharing(self.people, self.files)
        is_timed = not isinstance(self.clock, SystemClock)
        self.comparison = Comparison(pairs, self.sharing, is_timed=is_timed)
        for person in people:
            self._upload_files(person, files if person is people[0] else v.OTHER_FILES)
        self.everything()
        for rule, arguments in v.begin_with(begun):
            getattr(self, rule)(**arguments)
            self.everything()

    def _upload_files(self, person: Person, files: Sequence[str]) -> None:
        with self.rule("begin"):
            for path in files:
                outcome = self.calls(person).make("files_upload", b"x", path)
                upload = partial(self.files.upload, person, path, b"x", Write())
                self.compare(person, upload, outcome)

    # After each step

    @invariant()
    def everything(self) -> None:
        """Compare after each step what every account sees: files, space, and shared folders.

        The members of folders are compared for one account in turn, as all see the same ones.
        """
        self.settle()
        self.turn += 1
        with self.rule("everything"):
            for person in self.people.all:
                self._check_files(person)
                self._check_folders(person)
            self._check_all_members(self.person(self.turn))
            for check in self._after_each_step:
                check(self)

    def _check_files(self, person: Person) -> None:
        calls, seen = self.calls(person), self.files.seen(person)
        person.places |= self.people.mounts(person).keys()
        entries = calls.look("")
        with self.example(person).shown_by("files_list_folder", "", recursive=True):
            expect(sorted(seen), sorted(meta.path_lower for meta in entries))
        for meta in entries:
            with self.example(person).shown_by("files_get_metadata", meta.path_lower):
                self.comparison.check(seen[meta.path_lower], meta)
        if self.strict:
            self._check_display(entries)
        with self.example(person).shown_by("users_get_space_usage"):
            usage = calls.peek("users_get_space_usage").success
            expect(self.files.used(person), usage.used)

    def _check_display(self, entries: Sequence[Any]) -> None:
        """Check that the displayed path of an entry in a mount begins with that of the mount.

        Dropbox promises the right case for the last name of a path only (F3.3-02).
        """
        for mount in entries:
            if getattr(mount, "shared_folder_id", None) is not None:
                for meta in entries:
                    if meta.path_lower.startswith(f"{mount.path_lower}/"):
                        shown = meta.path_display[: len(mount.path_display)]
                        expect(mount.path_display, shown)

    def _check_folders(self, person: Person) -> None:
        calls = self.calls(person)
        actions = v.actions_of(FolderAction, v.ALL_FOLDER_ACTIONS)
        with self.example(person).shown_by("sharing_list_folders", actions=actions):
            listed = calls.peek("sharing_list_folders", actions=actions).success
            expect(None, listed.cursor)
            self.check_list(person, listed.entries, v.ALL_FOLDER_ACTIONS)

    def _check_all_members(self, person: Person) -> None:
        calls = self.calls(person)
        actions = v.actions_of(MemberAction, v.ALL_MEMBER_ACTIONS)
        for folder in self.people.of(person):
            real = self.comparison.pairs.real("shared folder", folder.number)
            with self.example(person).shown_by("sharing_list_folder_members", real, actions):
                found = calls.peek("sharing_list_folder_members", real, actions).success
                self.check_members(person, folder, [found], v.ALL_MEMBER_ACTIONS)

    def check_list(
        self, person: Person, entries: Sequence[Any], actions: Sequence[str] | None = None
    ) -> None:
        """Compare a list of all shared folders of an account, which has no fixed order.

        The strict mode expects it to be by name, in lower case, if nobody has renamed a mount
        (S10-14).

        Raises:
            Mismatch: they differ.
        """
        real, of = self.comparison.pairs.real, self.people.of(person)
        folders = {real("shared folder", each.number): each for each in of}
        expect(sorted(folders), sorted(meta.shared_folder_id for meta in entries))
        for meta in entries:
            self.comparison.check_folder(person, folders[meta.shared_folder_id], meta, actions)
        names = [folders[meta.shared_folder_id].root.name for meta in entries]
        if self.strict and names == [meta.name for meta in entries]:
            order = [(fold(meta.name), meta.shared_folder_id) for meta in entries]
            expect(sorted(order), order)

    def check_members(
        self, person: Person, folder: SharedFolder, pages: Sequence[Any], actions: Sequence[str]
    ) -> None:
        """Compare the members of a folder, given all pages of their list.

        Raises:
            Mismatch: they differ.
        """
        users = [each for page in pages for each in page.users]
        invitees = [each for page in pages for each in page.invitees]
        expect([], [each for page in pages for each in page.groups])
        by_address = {each.email: each for each in self.people.all}
        self.comparison.check_members(person, folder, users, invitees, actions, by_address)

    def _clean_up(self) -> None:
        for example in self._examples.values():
            example.until_the_end.close()
