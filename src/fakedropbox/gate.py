"""The gate that every request passes: record, admit, read the argument, locate, faults.

The order is the real service's: credentials before arguments before path root before
faults before the route. The record is outermost, so that what is refused on the way is
counted too; secrets never enter it.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
import threading
from collections.abc import Callable, Mapping
from functools import lru_cache, partial
from typing import Any, NamedTuple, NoReturn, Protocol, TypeVar

from fakedropbox._api import IMPLEMENTED, Route, missing
from fakedropbox._api.metadata import with_property_groups
from fakedropbox._api.refusals import bad_input
from fakedropbox._facts import ROUTES, RouteFact, messages
from fakedropbox._files.blobs import Content
from fakedropbox._files.nodes import Folder
from fakedropbox._files.paths import split
from fakedropbox._files.places import Place, View
from fakedropbox._identity.people import Account, App
from fakedropbox._identity.tokens import Grant
from fakedropbox._world import changes_of
from fakedropbox.calls import Call, Calls, Reply, Wire, World
from fakedropbox.errors import AuthRefused, PathRootRefused, Refusal
from fakedropbox.fault_plan import FaultPlan

PATH_ROOT = "Dropbox-API-Path-Root"
_UNBUILT_HEADERS = ("Dropbox-API-Select-User", "Dropbox-API-Select-Admin")
_TOKEN_FORM = re.compile(r"sl\.[\w.-]{100,}|[\w-]{64}")  # today's and the older kind
_NO_HEADERS: Mapping[str, str] = {}
_WITHOUT_ACCOUNT = {("noauth",), ("app",)}
_LOOK_AGAIN_SECONDS = 1
"""How often a call that waits looks whether it still has to, if nobody wakes it."""

Answer = TypeVar("Answer")
Argument = Callable[[], Any]


class Credentials(NamedTuple):
    """What a caller says it is: ``Bearer`` and a token, or what else the header said."""

    scheme: str
    value: str


class Journal(Protocol):
    """What is told of all that is carried out."""

    def run(self, call: Call, answer: Callable[[Call], Any]) -> Any:
        """Carry out a call, whose caller has the gate's lock."""


class Gate:
    """The way in, for routes and for pages."""

    def __init__(self, world: World, calls: Calls, faults: FaultPlan) -> None:
        self.world = world
        self.calls = calls
        self.faults = faults
        self.lock = threading.RLock()
        self._answered = threading.Condition(self.lock)
        self._waiting = 0
        self.journal: Journal | None = None
        self._compact = world.personality.wire == "compact"

    def call(
        self,
        name: str,
        credentials: Credentials | None,
        argument: Argument,
        content: Content | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
        wire: Wire | None = None,
    ) -> Reply:
        """Answer one call of a route; ``argument`` reads it once the caller is admitted.

        Raises:
            Refusal: the service's answer, where it is no success.
            NotImplementedInFake: the route, or what is asked of it, is not there.
        """
        record = self.calls.open(name)
        try:
            route = IMPLEMENTED.get(name) or self._unknown(name)
            grant = self._admit(route.fact, credentials)
            arg = record.arg = argument()
            if headers:
                _refuse_unbuilt(name, headers)
            view = None if grant is None else self._locate(name, grant, headers.get(PATH_ROOT))
            call = Call(name, arg, content, grant, view, self.world, headers, wire=wire)
            answer = partial(self._patiently, route) if route.waits else route.run
            reply: Reply = self._answer(call, answer)
            if self._compact:
                with_property_groups(reply.result)
        except Exception as error:
            record.failed(error)
            raise
        record.outcome = "ok" if wire is None else wire.outcome
        return reply

    def refuse(self, name: str, refusal: Refusal) -> NoReturn:
        """Record a request that is no call of any route, and refuse it.

        Raises:
            Refusal: ``refusal``.
        """
        self.calls.open(name).failed(refusal)
        raise refusal

    def page(self, name: str, arg: Any, answer: Callable[[Call], Answer]) -> Answer:
        """Answer one request to a page that is no route, such as the token endpoint.

        Raises:
            Refusal: the service's answer, where it is no success.
        """
        record = self.calls.open(name)
        record.arg = arg
        try:
            call = Call(name, arg, None, None, None, self.world, _NO_HEADERS)
            found: Answer = self._answer(call, answer)
        except Exception as error:
            record.failed(error)
            raise
        record.outcome = "ok"
        return found

    def _answer(self, call: Call, answer: Callable[[Call], Any]) -> Any:
        if self.faults.waiting:
            return self.faults.apply(call, lambda call: self._locked(call, answer))
        return self._locked(call, answer)

    def _locked(self, call: Call, answer: Callable[[Call], Any]) -> Any:
        with self.lock:
            if call.grant is not None and call.grant.app.folder is not None:
                # The app's folder may have gone since the caller was admitted.
                call = call._replace(view=self._view(call.grant))
            found = answer(call) if self.journal is None else self.journal.run(call, answer)
            if self._waiting:
                self._answered.notify_all()
            return found

    def _patiently(self, route: Route, call: Call) -> Reply:
        """Answer a route that waits for a change: ask it again, until it has one or time is up.

        While it waits, others get the lock. A clock that stands still is moved on, a little
        at a time, so that what they do in between is seen when it happens.
        """
        clock = self.world.clock
        jitter = self.world.personality.longpoll_jitter
        more = self.world.chance.below("jitter", jitter + 1) if jitter else 0
        end = clock.micros + (call.arg.timeout + more) * 1_000_000
        self._waiting += 1
        try:
            while True:
                reply = route.run(call)
                left = end - clock.micros
                if left <= 0 or reply.result.changes:
                    return reply
                clock.wait(self._answered, min(left / 1_000_000, _LOOK_AGAIN_SECONDS))
        finally:
            self._waiting -= 1

    def _unknown(self, name: str) -> Route:
        if name in ROUTES:
            raise missing(name)
        raise bad_input(name, messages.UNKNOWN_ROUTE.format(path=f"/2/{name}"))

    def _admit(self, fact: RouteFact, credentials: Credentials | None) -> Grant | None:
        if fact.auth in _WITHOUT_ACCOUNT:
            self._admit_without_account(fact, credentials)
            return None
        name = fact.wire_name
        if credentials is None:
            raise bad_input(name, messages.NO_AUTHORIZATION)
        scheme, token = credentials
        if scheme != "Bearer" or not token:
            raise bad_input(name, messages.BAD_AUTHORIZATION.format(value=_shown(scheme, token)))
        tokens = self.world.tokens
        grant = tokens.grant(token)
        if grant is None:
            raise self._unknown_token(name, token)
        if tokens.is_expired(grant):
            raise AuthRefused("expired_access_token")
        if fact.scope and fact.scope not in grant.scopes:
            raise _lacks_scope(fact, grant)
        if grant.app.folder is not None and not fact.allow_app_folder_app:
            raise bad_input(name, messages.APP_NOT_ALLOWED)
        return grant

    def _unknown_token(self, name: str, token: str) -> Refusal:
        malformed = self.world.personality.malformed_token
        if malformed == "bad_request" and not _TOKEN_FORM.fullmatch(token):
            return bad_input(name, messages.MALFORMED_TOKEN)
        return AuthRefused("invalid_access_token")

    def _admit_without_account(self, fact: RouteFact, credentials: Credentials | None) -> None:
        """Admit anybody, whose token is not looked at (F6.3-02), or any app.

        An app shows its key and secret (O2.3-04); the refusals are guesses.
        """
        name = fact.wire_name
        if "noauth" in fact.auth:
            return
        if credentials is None:
            raise bad_input(name, messages.NO_AUTHORIZATION)
        scheme, both = credentials
        if scheme != "Basic" or not both:
            value = _shown(scheme, both)
            raise bad_input(name, messages.BAD_APP_AUTHORIZATION.format(value=value))
        key, _, secret = _basic(both).partition(":")
        app = self.world.apps.by_key(key)
        if app is None or app.secret != secret:
            raise AuthRefused("invalid_access_token")

    def _locate(self, name: str, grant: Grant, path_root: str | None) -> View:
        if path_root is not None:
            _check_path_root(name, path_root, str(grant.account.namespace_id))
        return self._view(grant)

    def _view(self, grant: Grant) -> View:
        if grant.app.folder is None:
            return seen_by(self.world, grant)
        with self.lock:
            return seen_by(self.world, grant)


def seen_by(world: World, grant: Grant) -> View:
    """What the owner of a grant sees now; an app's folder is made where it is missing."""
    whole = world.files.views[grant.account.namespace_id]
    if grant.app.folder is None:
        return whole
    return whole._replace(base=app_folder(world, grant.account, grant.app))


def _lacks_scope(fact: RouteFact, grant: Grant) -> Refusal:
    if fact.scope in grant.app.scopes:
        return AuthRefused("missing_scope", required_scope=fact.scope)
    lacks = messages.APP_LACKS_SCOPE.format(app_id=grant.app.app_id, scope=fact.scope)
    return bad_input(fact.wire_name, lacks)


def _shown(scheme: str, secret: str) -> str:
    """What an `Authorization` header said, without what may be a secret."""
    known = scheme if scheme in ("Bearer", "Basic") else "…"
    return f"{known} …" if secret else known


def _basic(value: str) -> str:
    """The ``key:secret`` of Basic authentication; empty where there is none."""
    try:
        return base64.b64decode(value, validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return ""


def _refuse_unbuilt(name: str, headers: Mapping[str, str]) -> None:
    for unbuilt in _UNBUILT_HEADERS:
        if unbuilt in headers:
            raise missing(name, unbuilt)


def app_folder(world: World, account: Account, app: App) -> Folder:
    """The folder that an app-folder app sees as its root; made where it is missing (O8-01).

    It stays the app's when it is renamed. Where a file has taken its name, it gets another.
    """
    tree = world.files.trees[account.namespace_id]
    known = tree.app_folders.get(app.key)
    if known is not None and known.parent is not None:
        return known
    folder = tree.root
    for name in ("Apps", str(app.folder)):
        place = Place(tree, folder, split(f"/{name}"))
        found = place.reach().found
        if isinstance(found, Folder) and found is not folder:
            folder = found
        else:
            folder = world.files.make_folder(place, autorename=True)
    tree.claim_app_folder(app.key, folder)
    return folder


def make_ready(world: World, account: Account, app: App) -> int:
    """Make the folder of an app that an account lets in, if it is to have one.

    Gives how many changes the account's files have had by then, as `Link.since` keeps it.
    """
    if app.folder is not None:
        app_folder(world, account, app)
    return changes_of(world, account)


@lru_cache(maxsize=64)
def _path_root_of(header: str) -> tuple[str, str | None] | None:
    """Mode and namespace of a `Dropbox-API-Path-Root` (O8-02); None where it makes no sense."""
    try:
        root = json.loads(header)
    except (ValueError, RecursionError):
        return None
    if not isinstance(root, dict) or root.get(".tag") not in ("home", "root", "namespace_id"):
        return None
    mode = root[".tag"]
    return mode, root.get(mode)


def _check_path_root(name: str, header: str, own: str) -> None:
    known = _path_root_of(header)
    if known is None:
        raise bad_input(name, f'HTTP header "{PATH_ROOT}": {messages.NOT_JSON}')
    mode, namespace = known
    if mode == "root" and namespace != own:
        raise PathRootRefused("invalid_root", root=(own, own))
    if mode == "namespace_id" and namespace != own:
        raise PathRootRefused("no_permission")
