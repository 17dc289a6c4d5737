"""The filling of a service with the content of a seed file."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from dropbox import files, sharing, team

from fakedropbox._core import path_root, selection
from fakedropbox._core.gate import Gate
from fakedropbox._core.logins import Logins
from fakedropbox._core.seed_file import (
    Files,
    SeededLink,
    SeededTeam,
    SeededTeamFolder,
    in_utc,
    read_seed_file,
)
from fakedropbox._identity.accounts import Account, Accounts, Team
from fakedropbox._identity.apps import Apps
from fakedropbox._identity.credentials import Credentials
from fakedropbox._identity.teams import Teams
from fakedropbox.errors import Refusal
from fakedropbox.faults import FaultPlan

_CREATE_LINK = "sharing/create_shared_link_with_settings"
_NO_HEADERS: Mapping[str, str] = {}


class Fillable(Protocol):
    """The part of a service that a seed file fills.

    It is a protocol, because `Service` imports the seeds, so that they cannot import it.
    """

    gate: Gate

    @property
    def accounts(self) -> Accounts:
        """All accounts."""

    @property
    def teams(self) -> Teams:
        """All teams."""

    @property
    def apps(self) -> Apps:
        """All apps."""

    @property
    def logins(self) -> Logins:
        """The factory of logins."""

    @property
    def faults(self) -> FaultPlan:
        """The planned faults."""

    def seed_files(
        self,
        files: Mapping[str, bytes],
        *,
        client_modified: Mapping[str, datetime] | None = None,
        account: Account | None = None,
    ) -> None:
        """Put files into an account."""


class Filling:
    """The function that fills a service with the content of a seed file, which is read once.

    ``chance`` is the seed of generated values that the file names, or None.

    Raises:
        ValueError: the file, or one that it names, cannot be read or is not valid.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._content = content = read_seed_file(path)
        self.chance = content.chance
        self._files = self._read("files", content.files)
        self._of_accounts = [
            self._read(f"accounts[{number}].files", each.files)
            for number, each in enumerate(content.accounts)
        ]
        self._of_teams = {
            place: self._read(place, found)
            for number, each in enumerate(content.teams)
            for place, found in _files_of_team(f"teams[{number}]", each)
        }

    def _read(self, place: str, files: Files) -> dict[str, bytes]:
        found = {}
        for path, file in files.items():
            with self._naming(f"{place}.{path}"):
                found[path] = file.read(self._path.parent)
        return found

    @contextmanager
    def _naming(self, place: str) -> Iterator[None]:
        """Add the seed file and the place in it to the text of an error that the context raises.

        Raises:
            ValueError: the context has raised an error about a value, or a refusal of Dropbox.
        """
        try:
            yield
        except (TypeError, ValueError, Refusal) as error:
            raise ValueError(f"seed: {self._path}: {place}: {error}") from error

    def __call__(self, service: Fillable) -> None:
        content = self._content
        self._put("files", service, content.files, self._files, service.accounts.default)
        for number, (each, data) in enumerate(
            zip(content.accounts, self._of_accounts, strict=True)
        ):
            place = f"accounts[{number}]"
            with self._naming(place):
                account = service.accounts.create(
                    each.email, each.name, each.plan, email_verified=each.email_verified
                )
            self._put(f"{place}.files", service, each.files, data, account)
        for number, each_team in enumerate(content.teams):
            self._make_team(f"teams[{number}]", service, each_team)
        for number, app in enumerate(content.apps):
            with self._naming(f"apps[{number}]"):
                service.apps.create(**dict(app))
        for number, link in enumerate(content.links):
            with self._naming(f"links[{number}]"):
                _share(service, link)
        service.faults.script(content.faults)

    def _make_team(self, place: str, service: Fillable, seeded: SeededTeam) -> None:
        members = [
            each.email if each.role is None else (each.email, each.role) for each in seeded.members
        ]
        with self._naming(place):
            team = service.teams.create(
                seeded.name,
                members,
                licenses=seeded.licenses,
                team_space=seeded.team_space,
                file_requests=seeded.file_requests,
            )
        for number, (each, member) in enumerate(
            zip(seeded.members, service.teams.members(team), strict=True)
        ):
            where = f"{place}.members[{number}].files"
            self._put(where, service, each.files, self._of_teams[where], member.account)
        for number, folder in enumerate(seeded.folders):
            where = f"{place}.folders[{number}]"
            with self._naming(where):
                _add_team_folder(service, team, folder, self._of_teams[f"{where}.files"])

    def _put(
        self,
        place: str,
        service: Fillable,
        files: Files,
        data: dict[str, bytes],
        account: Account | None,
    ) -> None:
        times = {path: file.client_modified for path, file in files.items() if file.client_modified}
        with self._naming(place):
            service.seed_files(data, client_modified=times, account=account)


def _files_of_team(place: str, seeded: SeededTeam) -> Iterator[tuple[str, Files]]:
    """Yield, for each member and folder of a team, the place in the seed file and the files."""
    for number, member in enumerate(seeded.members):
        yield f"{place}.members[{number}].files", member.files
    for number, folder in enumerate(seeded.folders):
        yield f"{place}.folders[{number}].files", folder.files


def _add_team_folder(
    service: Fillable, made: Team, seeded: SeededTeamFolder, data: Mapping[str, bytes]
) -> None:
    """Create a team folder and fill it, as an administrator does by the default app.

    Raises:
        ValueError: somebody is not a member of the team.
    """
    token = service.logins.create(team=made).access_token

    def call(name: str, arg: Any, headers: Mapping[str, str], content: bytes | None = None) -> Any:
        return _call(service, token, name, arg, headers, content)

    create = team.TeamFolderCreateArg(seeded.name)
    folder_id = call("team/team_folder/create", create, {}).team_folder_id
    admin = {selection.ADMIN: service.teams.admins(made)[0].team_member_id}
    for level in ("viewer", "editor"):
        for email in getattr(seeded, f"{level}s"):
            if service.teams.find(made, "email", email) is None:
                raise ValueError(f"{level}s: expected addresses of members, got {email!r}")
            selector = sharing.MemberSelector.email(email)
            member = sharing.AddMember(selector, sharing.AccessLevel(level))
            add = sharing.AddFolderMemberArg(folder_id, [member], quiet=True)
            call("sharing/add_folder_member", add, admin)
    named = json.dumps({".tag": "namespace_id", "namespace_id": folder_id})
    root = {**admin, path_root.HEADER: named}
    for path, content in data.items():
        if path.endswith("/"):
            folder = files.CreateFolderArg(path.removesuffix("/"))
            call("files/create_folder_v2", folder, root)
        else:
            modified = seeded.files[path].client_modified
            upload = files.UploadArg(path, client_modified=modified and in_utc(modified))
            call("files/upload", upload, root, content)


def _share(service: Fillable, link: SeededLink) -> None:
    """Create a shared link, as a client of the default app does."""
    account = None if link.account is None else service.accounts.by_email(link.account)
    if link.account is not None and account is None:
        raise ValueError(
            f"account: expected the e-mail address of an account, got {link.account!r}"
        )
    settings: dict[str, Any] = {
        "audience": link.audience and sharing.LinkAudience(link.audience),
        "access": link.access and sharing.RequestedLinkAccessLevel(link.access),
        "link_password": link.password,
        "expires": link.expires and in_utc(link.expires),
        "allow_download": link.allow_download,
    }
    given = {name: value for name, value in settings.items() if value is not None}
    arg = sharing.CreateSharedLinkWithSettingsArg(
        link.path, sharing.SharedLinkSettings(**given) if given else None
    )
    _call(service, service.logins.create(account).access_token, _CREATE_LINK, arg)


def _call(
    service: Fillable,
    token: str,
    name: str,
    arg: Any,
    headers: Mapping[str, str] = _NO_HEADERS,
    content: bytes | None = None,
) -> Any:
    """Return the result of a call, to which no fault happens: the content of a file must be there.

    Raises:
        Refusal: Dropbox refuses the call.
    """
    credentials = Credentials("Bearer", token)
    return service.gate.call(
        name, credentials, lambda: arg, content, headers, meets_faults=False
    ).result
