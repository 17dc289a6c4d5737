"""The accounts of one run of the machine, for the rules that are about more than one."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack

from fakedropbox.machines._calls import Calls, chain
from fakedropbox.machines._example import Example
from fakedropbox.machines._shared_links import Person, SharedLinks


class Accounts:
    """The first account, the second one if there is one, and an app without a user.

    Accounts have the names of their clients in the program; the app has the name "".

    Attributes:
        current: the example of the account that makes the calls.
        links: the shared links of both accounts in the model.
    """

    def __init__(
        self,
        first: Example,
        other: Example | None,
        app: Calls | None,
        prepare: Callable[[Example], None],
    ) -> None:
        self.current = first
        self.links = SharedLinks()
        self._examples = {each.name: each for each in (first, other) if each is not None}
        self._app = app
        self._prepare = prepare
        self._is_prepared = other is None
        self._people: dict[str, Person] = {}

    @property
    def has_other(self) -> bool:
        """True if there is a second account."""
        return len(self._examples) > 1

    @property
    def examples(self) -> dict[str, Example]:
        """The `Example` (client and model) of each account, by the name of its client.

        The files of the second account are made at the first access. So the program printed for a
        difference leaves them out if they do not matter.
        """
        if not self._is_prepared:
            self._is_prepared = True
            self._prepare(self._examples["other"])
        return self._examples

    @property
    def other(self) -> Example:
        """The example of the account that is not the current one."""
        return next(each for each in self.examples.values() if each is not self.current)

    def switch(self) -> None:
        """Let the other account make the calls from now on."""
        self.current = self.other

    def person(self, name: str) -> Person | None:
        """Return the owner of an account, or None for the app."""
        if name and name not in self._people:
            example = self.examples[name]
            about = example.calls.peek("users_get_current_account").success
            team = "" if about.team is None else about.team.id
            plan = chain(about.account_type)
            tree = example.model.tree
            self._people[name] = Person(name, tree, plan, team, about.email_verified)
        return self._people.get(name)

    def calls_of(self, name: str) -> Calls | None:
        """Return the calls of an account or of the app; None if there is no app."""
        return self.examples[name].calls if name else self._app

    def clean_up(self) -> None:
        """Make the calls that were kept for the end of the example, in each account."""
        with ExitStack() as until_the_end:
            for example in self._examples.values():
                until_the_end.enter_context(example.until_the_end)
