"""The export of a state file to a folder with a seed file, and the import of such a folder.

They take a service to another version of fakedropbox, or to another machine.

The folder has `seed.json`, a seed file of all accounts, apps, files, links and planned faults, the
contents that it names, and `beginning.json` with the arguments of the service. What a seed file
cannot contain is left out: earlier revisions, deleted entries, ids, tokens, who shares what, links
with a password, teams, file requests, contacts and photos.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import asdict
from datetime import datetime, timezone
from pathlib import Path
from typing import Any

from fakedropbox._api.sharing.folder_metadata import is_of_team
from fakedropbox._core.seeds import Seed, seed_of
from fakedropbox._core.service import Service
from fakedropbox._files.nodes import File, Folder, Node
from fakedropbox._files.shared_folders import SharedFolder
from fakedropbox._files.tree import everything_below
from fakedropbox._identity.accounts import Account
from fakedropbox._identity.apps import App
from fakedropbox.clock import RunningClock
from fakedropbox.personality import Personality
from fakedropbox.server.keeping import Keeper, planned_faults
from fakedropbox.server.state import FORMAT, StateFile

SEED, BEGINNING, CONTENTS = "seed.json", "beginning.json", "contents"


def service_of(beginning: Mapping[str, Any], seed: Seed | None = None) -> Service:
    """Return a new service with the arguments that a state file has."""
    number: int = beginning["seed"]
    return Service(
        number if seed is None else seed.fill or seed.chance,
        Personality(**beginning["personality"]),
        clock=RunningClock(),
        scopes=beginning["scopes"],
        app_folder=beginning["app_folder"],
        plan=beginning["plan"],
        redirect_uris=beginning["redirect_uris"],
        auto_approve=beginning["auto_approve"],
    )


@contextmanager
def loaded(path: Path) -> Iterator[tuple[StateFile, Service]]:
    """Load the service in a state file, while in the context.

    Raises:
        ValueError: there is no such file, or it cannot be used.
        OSError: it cannot be read and written.
    """
    if not path.exists() or not path.stat().st_size:
        raise ValueError(f"state: expected a state file of `fakedropbox serve`, got {path}")
    file = StateFile(path, {})
    try:
        service = service_of(file.beginning)
        Keeper(file, service, only_to_read=True)
        yield file, service
    finally:
        file.close()


def description(path: Path) -> dict[str, Any]:
    """Return a summary of a state file, as values of JSON, without secrets."""
    with loaded(path) as (file, service):
        return {
            "file": str(path),
            "bytes": path.stat().st_size,
            "format": FORMAT,
            "version": file.meta("version"),
            "time": service.clock.now().isoformat(),
            "accounts": [_described(service, account) for account in service.accounts],
            "apps": [{"key": app.key, "name": app.name} for app in service.apps],
            "teams": [{"team_id": team.team_id, "name": team.name} for team in service.teams],
            "shared_folders": len(_shared_folders(service)),
            "past_revisions": file.past_count(),
            "planned_faults": len(service.faults.planned()),
        }


def _described(service: Service, account: Account) -> dict[str, Any]:
    nodes = list(_items(service, account))
    files = [node for node in nodes if isinstance(node, File)]
    return {
        "email": account.email,
        "plan": account.plan,
        "files": len(files),
        "folders": len(nodes) - len(files),
        "bytes": sum(file.blob.size for file in files),
        "links": len(list(service.gate.world.files.shared_links.owned_by(account.account_id))),
    }


def _items(service: Service, account: Account) -> Iterator[Node]:
    """Yield everything in an account, also in mounted folders."""
    top = service.gate.world.files.views[account.namespace_id].base
    return (node for node in everything_below(top) if node is not top)


def export(path: Path, folder: Path) -> list[str]:
    """Write the service in a state file to a new or empty folder.

    Return texts about data of the service that the seed file cannot contain.

    Raises:
        ValueError: the state file cannot be used, or the folder is not empty.
        OSError: a file cannot be read or written.
    """
    with loaded(path) as (file, service):
        folder.mkdir(parents=True, exist_ok=True)
        if any(folder.iterdir()):
            raise ValueError(f"folder: expected a new or empty folder, got {folder}")
        (folder / CONTENTS).mkdir()
        missing: list[str] = []
        default, *others = service.accounts
        seed = {
            "chance": service.gate.world.chance.seed,
            "files": _files(service, default, folder),
            "accounts": [_account(service, each, folder) for each in others],
            "apps": [_app(app) for app in list(service.apps)[1:]],
            "links": [
                link for account in service.accounts for link in _links(service, account, missing)
            ],
            "faults": [fault for fault, left, _ in planned_faults(service) if left],
        }
        missing += _beyond_a_seed(service)
        beginning = {name: value for name, value in file.beginning.items() if name != "files"}
        for name, value in ((SEED, seed), (BEGINNING, beginning)):
            (folder / name).write_text(f"{json.dumps(value, indent=1)}\n", "utf-8")
        return missing


def _shared_folders(service: Service) -> list[SharedFolder]:
    """Return the shared folders of accounts."""
    world = service.gate.world
    return [each for each in world.files.shared_folders if not is_of_team(world, each)]


def _beyond_a_seed(service: Service) -> Iterator[str]:
    """Yield texts about data of the service that a seed file cannot contain, with their numbers."""
    world = service.gate.world
    ids = [account.account_id for account in service.accounts]
    counts = {
        "shared folders: each member has a copy of the content": len(_shared_folders(service)),
        "files with members: they are not shared": sum(1 for each in world.files.shared_files),
        "file requests": sum(world.files.file_requests.count(each) for each in ids),
        "teams: members with an account are those of one team": len(service.teams),
        "team folders, with their content": sum(
            len(world.files.team_folders.of(team.team_id)) for team in service.teams
        ),
        "contacts": sum(len(world.contacts.of(each)) for each in ids),
        "profile photos": sum(world.photos.of(each) is not None for each in ids),
    }
    return (f"{count} {text}" for text, count in counts.items() if count)


def import_from(folder: Path, path: Path) -> None:
    """Make a new state file from a folder that `export` has written.

    Raises:
        ValueError: the folder has something else, or the state file exists.
        OSError: a file cannot be read or written.
    """
    if path.exists() and path.stat().st_size:
        raise ValueError(f"state: expected a new or empty file, got {path}")
    try:
        beginning = json.loads((folder / BEGINNING).read_text("utf-8"))
        service = service_of(beginning, seed_of(folder / SEED))
    except (OSError, KeyError, TypeError, json.JSONDecodeError) as error:
        raise ValueError(
            f"folder: expected one that `fakedropbox state export` wrote, got {folder}: {error!r}"
        ) from error
    file = StateFile(path, {**beginning, "seed": service.gate.world.chance.seed, "files": {}})
    try:
        Keeper(file, service)
    finally:
        file.close()


def _account(service: Service, account: Account, folder: Path) -> dict[str, Any]:
    return {
        "email": account.email,
        "name": account.display_name,
        "plan": account.plan,
        "email_verified": account.email_verified,
        "files": _files(service, account, folder),
    }


def _files(service: Service, account: Account, folder: Path) -> dict[str, Any]:
    """Return the files of an account for a seed file, whose contents are written to a folder."""
    view = service.gate.world.files.views[account.namespace_id]
    found: dict[str, Any] = {}
    for node in _items(service, account):
        path = view.paths(node)[1] if node.parent is not None else ""
        if isinstance(node, Folder):
            if path and not node.live.by_key:
                found[f"{path}/"] = ""
            continue
        assert isinstance(node, File)
        name = f"{CONTENTS}/{node.blob.digest.hex()}"
        (folder / name).write_bytes(node.blob.read())
        found[path] = {"file": name, "client_modified": _moment(node.client_modified)}
    return found


def _app(app: App) -> dict[str, Any]:
    fields = {name: value for name, value in asdict(app).items() if name != "app_id"}
    sets = {name: sorted(fields[name]) for name in ("scopes", "redirect_uris")}
    return {**fields, **sets}


def _links(service: Service, account: Account, missing: list[str]) -> Iterator[dict[str, Any]]:
    files = service.gate.world.files
    view = files.views[account.namespace_id]
    for link in files.shared_links.owned_by(account.account_id):
        path, settings = view.paths(link.node)[1], link.settings
        if settings.password is not None:
            missing.append(f"the link to {path} of {account.email}: its password is not known")
            continue
        found: dict[str, Any] = {"path": path, "account": account.email}
        if settings.audience != "public":
            found["audience"] = settings.audience
        if settings.expires is not None:
            found["expires"] = _moment(settings.expires)
        if not settings.allow_download:
            found["allow_download"] = False
        yield found


def _moment(seconds: int) -> str:
    return datetime.fromtimestamp(seconds, timezone.utc).isoformat()
