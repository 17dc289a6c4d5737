"""The settings of shared links that the plan of an account allows (S2-14 to S2-19, S3-12 to S3-27).

The tables are in the order in which Dropbox sends them.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

VISIBILITIES = ("public", "team_only", "password")
AUDIENCES = ("public", "team", "password", "no_one")


class LinkPlan(NamedTuple):
    """The settings of links that a plan allows, and the reasons for refusing others.

    ``is_paid`` is True if links may have a password, an expiry or a ban on downloads.
    ``refused`` has the reason for each visibility and audience that the plan does not allow.
    """

    is_paid: bool
    refused: Mapping[str, str]

    def allows(self, kind: str | None) -> bool:
        """Return whether the plan allows a visibility or an audience."""
        return kind not in self.refused


_NO_TEAM = {"team_only": "user_not_on_team", "team": "user_not_on_team"}

LINK_PLANS = {
    "basic": LinkPlan(False, {**_NO_TEAM, "password": "user_account_type"}),
    "pro": LinkPlan(True, _NO_TEAM),
    "business": LinkPlan(True, {}),
}
