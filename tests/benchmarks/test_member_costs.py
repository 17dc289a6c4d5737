"""Tests that operations on a shared folder cost little more if it has many members.

pytest -m campaign -s tests/benchmarks/test_member_costs.py
"""

import time

import pytest
from tests.support.shared_folders import LEVEL, account, by_email, by_id, email, share

from fakedropbox import FakeDropboxService

PAGE = 100
ROUNDS = 20
LIMIT = 4
"""The highest ratio of costs; if all members were looked at, it would be that of the sizes."""


class Folder:
    """A shared folder with ``size`` invitations and one member."""

    def __init__(self, size):
        self.service = FakeDropboxService(max_calls=1)
        self.owner = self.service.client()
        self.id = share(self.owner).shared_folder_id
        friend = self.service.accounts.create("friend@example.com")
        self.friend = self.service.client(account=friend)
        self.friend_id = friend.account_id
        self.added = 0
        self.add(size // 2)
        self.owner.sharing_add_folder_member(self.id, [by_id(friend.account_id)])
        self.add(size // 2)
        page = self.owner.sharing_list_folder_members(self.id, limit=PAGE)
        self.cursor = page.cursor

    def add(self, number=1):
        """Invite a number of addresses that were not invited before."""
        first, self.added = self.added, self.added + number
        names = [by_email(f"u{each}@example.com") for each in range(first, self.added)]
        self.owner.sharing_add_folder_member(self.id, names)

    def remove(self):
        """Remove the address that was invited last."""
        self.added -= 1
        last = email(f"u{self.added}@example.com")
        self.owner.sharing_remove_folder_member(self.id, last, leave_a_copy=False)

    def calls(self):
        """Return the measured operations on the folder, by name."""
        owner, friend = self.owner, self.friend
        return {
            "add": self.add,
            "remove": self.remove,
            "update": lambda: owner.sharing_update_folder_member(
                self.id, account(self.friend_id), LEVEL.editor
            ),
            "first page": lambda: owner.sharing_list_folder_members(self.id, limit=PAGE),
            "next page": lambda: owner.sharing_list_folder_members_continue(self.cursor),
            "metadata": lambda: friend.sharing_get_folder_metadata(self.id),
            "folders of a member": friend.sharing_list_folders,
        }


def cost(call):
    """Return the lowest CPU time of a call, in microseconds."""
    best = float("inf")
    for _ in range(ROUNDS):
        start = time.process_time()
        call()
        best = min(best, time.process_time() - start)
    return best * 1e6


def compare(small, large):
    costs = {size: Folder(size).calls() for size in (small, large)}
    found = {name: (cost(call), cost(costs[large][name])) for name, call in costs[small].items()}
    for name, figures in found.items():
        print(f"{name:20}", *(f"{figure:10.0f} µs" for figure in figures))
    assert {name for name, (few, many) in found.items() if many > LIMIT * few} == set()


@pytest.mark.untraced
def test_ten_times_as_many_members_cost_at_most_four_times_as_much():
    compare(300, 3_000)


@pytest.mark.campaign
def test_a_hundred_times_as_many_members_cost_at_most_four_times_as_much():
    compare(1_000, 100_000)
