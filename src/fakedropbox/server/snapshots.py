"""The snapshots of a service that a server has, by their numbers."""

from __future__ import annotations

from fakedropbox._core.service import Service, Snapshot
from fakedropbox._page.inventory import Inventory, inventory_of
from fakedropbox.errors import SnapshotInvalid


class Snapshots:
    """The snapshots of one service, by their numbers; they end with the process.

    ``last`` is the number of the latest one, at first that of an earlier process with the same
    state file: so a number never means another snapshot. If ``has_inventories``, the content of
    the service is noted with each, for the page, which shows the difference of two.
    """

    def __init__(self, last: int = 0, *, has_inventories: bool = False) -> None:
        self.last = self._ended = last
        self._has_inventories = has_inventories
        self._known: dict[int, Snapshot] = {}
        self._inventories: dict[int, Inventory] = {}

    def of(self, service: Service) -> dict[int, bool]:
        """Return the numbers of the snapshots of a service, and whether each can be restored."""
        undo = service.gate.world.files.undo
        known = self._known.items()
        return {
            number: undo.is_valid(each.mark) for number, each in known if each.service is service
        }

    def add(self, service: Service) -> int:
        """Take a snapshot, and return its number."""
        snapshot = service.snapshot()
        self.last += 1
        self._known[self.last] = snapshot
        if self._has_inventories:
            self._inventories[self.last] = inventory_of(service)
        return self.last

    def remove(self, number: int) -> None:
        """Remove a snapshot; no other one gets its number."""
        del self._known[number]
        self._inventories.pop(number, None)

    def inventory(self, number: int) -> Inventory:
        """Return the content of the service when a snapshot was taken."""
        return self._inventories[number]

    def get(self, number: int) -> Snapshot:
        """Return the snapshot with a number.

        Raises:
            SnapshotInvalid: there is none.
        """
        if number in self._known:
            return self._known[number]
        if 0 < number <= self._ended:
            raise SnapshotInvalid(
                f"snapshot: {number!r} ended with the process of the server that took it; "
                "take a new one"
            )
        raise SnapshotInvalid(
            f"snapshot: expected the number of a snapshot of this server, got {number!r}"
        )
