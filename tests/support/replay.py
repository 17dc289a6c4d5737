"""The replay of a recorded scenario on a new service."""

from __future__ import annotations

from base64 import b64decode
from datetime import timedelta
from typing import Any

from dropbox.files import DeleteArg, RelocationPath, SearchOptions, WriteMode
from dropbox.sharing import (
    AclUpdatePolicy,
    MemberSelector,
    SharedFolderMetadata,
    SharedLinkMetadata,
)
from dropbox.team import GroupAccessType, GroupSelector, MemberAccess, UserSelectorArg
from tests.support.links import shared
from tests.support.recordings import (
    EXCHANGES,
    REPRODUCED,
    SCENARIOS,
    STATES,
    TOLERANCES,
    moment,
)

from fakedropbox import FakeDropboxService, Login, ManualClock, Personality
from fakedropbox.recording._comparison import ResponseDifference, Tolerances
from fakedropbox.recording._exchanges import Exchange
from fakedropbox.recording._replay import Replayer

_CONTENT_READERS = {
    "text": lambda event: event["text"].encode(),
    "zeros": lambda event: bytes(event["zeros"]),
    "base64": lambda event: b64decode(event["base64"]),
}


def sdk_has_fields_of(exchange: Exchange) -> bool:
    """Return whether the installed SDK has all fields of a recorded response.

    The oldest supported one lacks `preview_type` and the `folder_id` of shared folders, and the
    double sends what the SDK has (F2.2-07).
    """
    body = exchange.reply.body
    return all(
        hasattr(kind, field) or f'"{field}"'.encode() not in body
        for kind, field in (
            (SharedLinkMetadata, "preview_type"),
            (SharedFolderMetadata, "folder_id"),
        )
    )


class Replay:
    """A service in the initial state of a scenario, to which its requests are sent.

    ``bindings`` maps the recorded ids, revisions and cursors to those of the service.
    """

    def __init__(self, cassette: str, tolerances: Tolerances = TOLERANCES) -> None:
        self._scenario = SCENARIOS[cassette]
        self._steps = [step for step in EXCHANGES.values() if step.cassette == cassette]
        begin = self._steps[0].date - timedelta(hours=1)
        team = self._scenario.get("team", {})
        # A scenario with an access token that has expired, after four hours, has the time of the
        # authorization in `linked`; one with a team has the time when the team was made.
        start = self._scenario.get("linked", team.get("at"))
        self._clock = ManualClock(begin if start is None else moment(start))
        self.service = FakeDropboxService(
            personality=Personality(**self._scenario.get("personality", {})),
            clock=self._clock,
            login=Login(**self._scenario.get("login", {})),
            plan=self._scenario.get("plan", "basic"),
        )
        if self._scenario.get("is_unverified"):
            account = self.service.accounts.create("new@example.com", email_verified=False)
            self.service.login = self.service.logins.create(account)
        group = self._make_team(team["member"]) if team else ""
        if team:
            self._clock.set(begin)
            self.service.login = self.service.logins.create(team=self.service.teams.default)
        self._replayer = Replayer(self.service, self.service.login, tolerances)
        self.bindings = self._replayer.bindings
        if team:
            self.bindings.bind("group", team["group"], group)
        self._client = self.service.client()
        self._set_up()

    # The initial state

    def _make_team(self, member: dict[str, str]) -> str:
        """Make a team with a member, who is in a group, and return the id of the group."""
        team = self.service.teams.create(members=["admin@example.com", member["email"]])
        client = self.service.team_client(team)
        selector = UserSelectorArg.email(member["email"])
        client.team_members_set_profile(
            selector,
            new_given_name=member["given_name"],
            new_surname=member["surname"],
            new_external_id=member["external_id"],
        )
        group: str = client.team_groups_create("Group").group_id
        access = [MemberAccess(selector, GroupAccessType.member)]
        client.team_groups_members_add(GroupSelector.group_id(group), access)
        return group

    def _set_up(self) -> None:
        if "namespace" in self._scenario:
            ours = str(self.service.accounts.default.namespace_id)
            self.bindings.bind("namespace", self._scenario["namespace"], ours)
        before = self._scenario.get("before", [])
        for event in STATES[before] if isinstance(before, str) else before:
            if "at" in event:
                self._clock.set(moment(event["at"]))
            for kind, happen in self._events().items():
                if kind in event:
                    happen(event)

    def _events(self) -> dict[str, Any]:
        return {
            "folder": lambda event: self._client.files_create_folder_v2(event["folder"]),
            "delete": lambda event: self._client.files_delete_v2(event["delete"]),
            "file": self._write,
            "session": self._start_session,
            "list": self._list,
            "search": self._search,
            "save_url": self._save_url,
            "reference": self._refer,
            "authorize": self._authorize,
            "copy_batch": self._copy_batch,
            "delete_batch": self._delete_batch,
            "link": self._link,
            "share": self._share,
            "receive": self._receive,
        }

    def _write(self, event: dict[str, Any]) -> None:
        read = next(read for kind, read in _CONTENT_READERS.items() if kind in event)
        content = read(event)
        modified = event.get("client_modified")
        meta = self._client.files_upload(
            content,
            event["file"],
            mode=WriteMode.overwrite,
            client_modified=None if modified is None else moment(modified).replace(tzinfo=None),
        )
        for kind in ("id", "rev"):
            if kind in event:
                self.bindings.bind(kind, event[kind], getattr(meta, kind))
        # If the recorded content is unknown or too big, the event has other content.
        for field, recorded in event.get("stands_for", {}).items():
            self.bindings.stand_in(field, recorded, getattr(meta, field))

    def _start_session(self, event: dict[str, Any]) -> None:
        started = self._client.files_upload_session_start(event["text"].encode())
        self.bindings.bind("session", event["session"], started.session_id)

    def _refer(self, event: dict[str, Any]) -> None:
        client = self._client
        if "through" in event:
            login = self.service.logins.create(app=self.service.apps.create(event["through"]))
            client = self.service.client(login)
        found = client.files_copy_reference_get(event["reference"])
        self.bindings.bind("reference", event["copy_reference"], found.copy_reference)

    def _share(self, event: dict[str, Any]) -> None:
        policy = event.get("acl_update_policy")
        given = {} if policy is None else {"acl_update_policy": AclUpdatePolicy(policy)}
        made = self._client.sharing_share_folder(event["share"], **given).get_complete()
        if "id" in event:
            self.bindings.bind("shared folder", event["id"], made.shared_folder_id)

    def _receive(self, event: dict[str, Any]) -> None:
        owner = self.service.accounts.create(event["by"])
        self.service.seed_files({event["receive"]: b""}, account=owner)
        me = MemberSelector.email(self.service.accounts.default.email)
        self.service.client(account=owner).sharing_add_file_member(event["receive"], [me])

    def _link(self, event: dict[str, Any]) -> None:
        client = self._client
        if event.get("by") is not None:
            owner = self.service.accounts.create(event["by"])
            self.service.seed_files({event["link"]: b""}, account=owner)
            client = self.service.client(account=owner)
        given = {name: event[name] for name in ("allow_download", "expires") if name in event}
        if "expires" in given:
            given["expires"] = moment(given["expires"]).replace(tzinfo=None)
        made = shared(client, event["link"], **given)
        if "url" in event:
            self.bindings.bind("shared link", event["url"], made.url)

    def _authorize(self, event: dict[str, Any]) -> None:
        code = self.service.authorize(scopes=event["scopes"])
        self.bindings.bind("code", event["authorize"], code)

    def _copy_batch(self, event: dict[str, Any]) -> None:
        entries = [RelocationPath(*ends) for ends in event["copy_batch"]]
        self._keep_job(event, self._client.files_copy_batch_v2(entries))

    def _delete_batch(self, event: dict[str, Any]) -> None:
        entries = [DeleteArg(**entry) for entry in event["delete_batch"]]
        self._keep_job(event, self._client.files_delete_batch(entries))

    def _keep_job(self, event: dict[str, Any], launched: Any) -> None:
        self.bindings.bind("job", event["job"], launched.get_async_job_id())

    def _list(self, event: dict[str, Any]) -> None:
        page = self._client.files_list_folder(event["list"])
        self.bindings.bind("cursor", event["cursor"], page.cursor)

    def _save_url(self, event: dict[str, Any]) -> None:
        self.service.web = lambda _: b"a stand-in"
        launched = self._client.files_save_url(event["save_url"], "https://example.com/")
        self._keep_job(event, launched)

    def _search(self, event: dict[str, Any]) -> None:
        page = self._client.files_search_v2(event["search"], SearchOptions(max_results=1))
        self.bindings.bind("cursor", event["cursor"], page.cursor)

    # The requests

    def differences(self, exchange: Exchange) -> list[ResponseDifference]:
        """Send the earlier steps and then ``exchange``, and return the differences of its response.

        Excepted earlier steps are not sent, because their effect in the double differs from
        that in Dropbox.
        """
        for step in self._steps[: self._steps.index(exchange)]:
            if step.name in REPRODUCED:
                self.compare(step)
        return self.compare(exchange)

    def compare(self, exchange: Exchange) -> list[ResponseDifference]:
        """Send ``exchange`` and return the differences of the response from the recorded one."""
        step = str(exchange.step)
        clock = self._scenario.get("clock", {}).get(step)
        fault = self._scenario.get("faults", {}).get(step)
        if fault is not None:
            getattr(self.service.faults, fault)(exchange.route)
        return self._replayer.compare(exchange, at=None if clock is None else moment(clock))
