"""The gate that every request passes: it records, admits or refuses, and answers the request.

The order is that of the real service: first credentials, then the argument, the path root,
faults, and the route. The record is written around all of these, so that refused requests are
recorded, too; it never contains secrets.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any, NamedTuple, NoReturn

from fakedropbox._api.app_folders import seen_by
from fakedropbox._api.files.metadata import with_property_groups
from fakedropbox._api.refusals import bad_input, unknown_route
from fakedropbox._api.registry import IMPLEMENTED, Route, missing
from fakedropbox._api.roots import at_root, roots_of
from fakedropbox._base import at_work
from fakedropbox._base.chance import Chance
from fakedropbox._base.forks import Guard
from fakedropbox._core import path_root, selection
from fakedropbox._core.callers import Callers
from fakedropbox._core.exchanges import Exchanges
from fakedropbox._core.stubs import Stubs
from fakedropbox._core.world import empty_world
from fakedropbox._facts import ROUTES, RouteFact, messages
from fakedropbox._files.blobs import Content
from fakedropbox._files.places import TeamSpaceView, View
from fakedropbox._files.shared_folders import SharedFolder
from fakedropbox._files.team_folders import TeamFolder
from fakedropbox._identity.accounts import Account
from fakedropbox._identity.apps import App
from fakedropbox._identity.credentials import Credentials
from fakedropbox._identity.tokens import Grant
from fakedropbox._web import Asked, Page
from fakedropbox.calls import Call, CallRecord, Calls, Door, Reply, Wire, World
from fakedropbox.clock import SECOND
from fakedropbox.errors import AuthRefused, Refusal
from fakedropbox.personality import fails_at_random

if TYPE_CHECKING:  # `_plan_faults` imports the faults when it needs them
    from fakedropbox.faults import FaultPlan

_TOKEN_FORM = re.compile(r"sl\.[\w.-]{100,}|[\w-]{64}")  # the current and the older form
_NO_HEADERS: Mapping[str, str] = {}
_WITHOUT_ACCOUNT = {("noauth",), ("app",)}
_LOOK_AGAIN_SECONDS = 1
"""The interval at which a waiting call checks for changes if no other call wakes it."""

Argument = Callable[[], Any]
Next = Callable[[Any], Any]
"""The rest of the chain of wrappers, as a function of a request or a call."""

StandIn = Callable[[str, Argument, "Content | None", Door], Reply]
"""A function that answers calls in place of a gate, from their name, argument, data and door."""

Wrapper = Callable[[Next], Next]
"""A wrapper around the rest of the chain, which may act before, after or instead of it."""


class Request(NamedTuple):
    """A request that has not been admitted yet.

    ``admit`` returns the call and puts its argument into the record, or refuses the request.
    """

    record: CallRecord
    admit: Callable[[CallRecord], Call]
    wire: Wire | None = None


class Gate:
    """The common entry point of all routes and pages.

    All steps around a route form one chain, which `_wrappers` lists. A step is a function that
    takes the rest of the chain and returns a wrapper around it. A simulation, the keeper of a
    state file and the log of a server are further steps while they are active.
    """

    def __init__(self, world: World, calls: Calls, guard: Guard) -> None:
        self._world = world
        self._guard = guard
        self.clock = world.clock
        self.calls = calls
        self._faults: FaultPlan | None = None
        self._planning = Guard()
        self.stubs = Stubs()
        self._callers = Callers()
        self._answered = guard.condition()
        self._waiting = 0
        self._compact = world.personality.wire == "compact"
        self._watch: Wrapper | None = None
        self._save: Callable[[], None] | None = None
        self._observer: Wrapper | None = None
        self._exchanges: Exchanges | None = None
        self._stand_in: StandIn | None = None
        self._chain = self._put_together()
        if fails_at_random(world.personality):
            self._plan_faults()

    @property
    def world(self) -> World:
        """The state of the service.

        Raises:
            UnusableAfterFork: a fork has left it incomplete in this process.
        """
        self._guard.check()
        return self._world

    @world.setter
    def world(self, world: World) -> None:
        self._world = world

    def empty_world(self, life: int) -> World:
        """Return a world without anything in it, to be filled with a state that was kept.

        ``life`` is the number of resets before.
        """
        seed = self._world.chance.seed
        common = self._world.clock, Chance(seed, life), self._world.personality, self._guard
        return empty_world(*common)

    @property
    def lock(self) -> AbstractContextManager[object]:
        """The lock of the service, which every change holds."""
        return self._guard.lock

    def call(
        self,
        name: str,
        credentials: Credentials | None,
        argument: Argument,
        content: Content | None = None,
        headers: Mapping[str, str] = _NO_HEADERS,
        wire: Wire | None = None,
        door: Door = "direct",
        *,
        meets_faults: bool = True,
    ) -> Reply:
        """Answer one call of a route that came through a door.

        ``argument`` returns the call's argument; it is called after the caller is admitted. Without
        ``meets_faults`` no fault happens to this call, neither a planned nor a random one.

        Raises:
            Refusal: the service's answer is not a success.
            NotImplementedInFake: the double does not have the route, or the part of it that the
                call needs.
        """
        if self._stand_in is not None:
            return self._stand_in(name, argument, content, door)

        def admit(record: CallRecord) -> Call:
            world = self.world
            route = IMPLEMENTED.get(name) or self._stubbed(name, record)
            if content is not None:
                record.size = len(content)
            grant = self._admit(world, route.fact, credentials, headers)
            is_of_teams = "team" in route.fact.auth
            if grant is not None:
                record.app = grant.app.key
                record.account = None if is_of_teams else grant.account
            elif credentials is not None:
                record.app = self._key_of(credentials)
            root = headers.get(path_root.HEADER)
            if root is not None and grant is not None and not is_of_teams:
                path_root.refuse_in_app_folder(name, root, grant, compact=self._compact)
            arg = record.arg = argument()
            if route.shown is not None:
                record.arg = route.shown(arg)
            view = None
            if grant is not None and not is_of_teams:
                view = self._locate(world, route.fact, grant, root, arg)
            answer = partial(self._patiently, route) if route.waits else route.run
            return Call(name, arg, content, grant, view, world, headers, answer, None, wire, record)

        self._callers.note(door)
        # Another chain, not a switch: calls of other threads meet their faults meanwhile.
        chain = self._chain if meets_faults else self._put_together(meets_faults=False)
        with at_work.calling():
            reply: Reply = chain(Request(self.calls.open(name, door), admit, wire))
        return reply

    def page(self, page: Page, asked: Asked, door: Door = "direct") -> Any:
        """Answer one request to a page that is not a route, such as the token endpoint.

        Raises:
            Refusal: the service's answer is not a success.
        """

        def answer(call: Call) -> Any:
            return page.handle(call, asked)

        def admit(record: CallRecord) -> Call:
            record.arg = page.shown(asked)
            given = Credentials.parse(asked.headers.get("Authorization", ""))
            record.app = self._key_of(given, asked.fields.get("client_id", ""))
            if asked.link and asked.body:
                record.size = len(asked.body)
            return Call(
                page.name,
                record.arg,
                *(None, None, None, self.world, _NO_HEADERS, answer),
                record=record,
            )

        with at_work.calling():
            return self._chain(Request(self.calls.open(page.name, door), admit))

    def refuse(self, name: str, refusal: Refusal, door: Door) -> NoReturn:
        """Record a request that reaches no route and no page, and refuse it.

        Raises:
            Refusal: ``refusal``.
        """

        def admit(_record: CallRecord) -> NoReturn:
            raise refusal

        self._chain(Request(self.calls.open(name, door), admit))
        raise AssertionError("the chain returned an answer to a refused request")

    # The chain

    def _wrappers(self, *, meets_faults: bool) -> Iterator[Wrapper]:
        """Yield all wrappers around a route, the outermost first."""
        if self._observer is not None:
            yield self._observer
        if self._exchanges is not None:
            yield self._exchanges.observed
        yield _record
        yield _enter  # turns the request into a call for all wrappers below
        if self._watch is not None:
            yield self._watch
        if meets_faults and self._faults is not None:
            yield self._meet_faults
        yield self._hold_lock
        if self._save is not None:
            yield _saved_by(self._save)
        if self._compact:
            yield _show_property_groups

    def _put_together(self, *, meets_faults: bool = True) -> Next:
        chain: Next = _answer
        for wrap in reversed(list(self._wrappers(meets_faults=meets_faults))):
            chain = wrap(chain)
        return chain

    @property
    def faults(self) -> FaultPlan:
        """The planned faults; the first use makes the plan."""
        return self._plan_faults() if self._faults is None else self._faults

    def _plan_faults(self) -> FaultPlan:
        from fakedropbox.faults import plan_for  # late, as many programs plan no faults

        # Not the gate's lock: a test that asks for its faults must not wait for a call to end.
        with self._planning.lock:
            if self._faults is None:
                self._faults = plan_for(self._world.personality)
                self._chain = self._put_together()
            return self._faults

    @property
    def is_watched(self) -> bool:
        """True if a simulation is wrapped around every call."""
        return self._watch is not None

    @property
    def is_observed(self) -> bool:
        """True if a page or the log of a server follows every request."""
        return self._observer is not None or self._exchanges is not None

    @contextmanager
    def watched(self, watch: Wrapper) -> Iterator[None]:
        """Wrap a simulation around every call in the context, outside the faults and the lock."""
        self._watch = watch
        self._chain = self._put_together()
        try:
            yield
        finally:
            self._watch = None
            self._chain = self._put_together()

    @contextmanager
    def replaced(self, stand_in: StandIn, world: World) -> Iterator[None]:
        """Let a function answer all route calls in the context, and replace the service's state.

        A simulation that runs workers again gives them the answers that they have had before. The
        state of the service is not theirs meanwhile, which is why the world is replaced, too.
        """
        before, self._world, self._stand_in = self._world, world, stand_in
        try:
            yield
        finally:
            self._world, self._stand_in = before, None

    def go_on(self, call: Call, rest: Next) -> Any:
        """Let the rest of the chain answer a call that was admitted before; record its outcome.

        Raises:
            Refusal: the service's answer is not a success.
        """
        assert call.record is not None
        return _record(_enter(rest))(Request(call.record, lambda _: call, call.wire))

    def observe(self, observer: Wrapper) -> None:
        """Wrap an observer around every request and the writing of its record, from now on."""
        self._observer = observer
        self._chain = self._put_together()

    @property
    def exchanges(self) -> Exchanges | None:
        """The headers and answers of the last calls; None unless `keep_exchanges` was called."""
        return self._exchanges

    def keep_exchanges(self) -> Exchanges:
        """Keep the headers and answers of the last calls from now on, and return them."""
        if self._exchanges is None:
            self._exchanges = Exchanges()
            self._chain = self._put_together()
        return self._exchanges

    def keep(self, save: Callable[[], None]) -> None:
        """Save the state of the service at the end of every call that reaches its route.

        ``save`` is called under the lock, from now on; it undoes what it cannot write.
        """
        self._save = save
        self._chain = self._put_together()

    def save(self) -> None:
        """Write what has changed to the state file, if there is one; the caller holds the lock.

        Raises:
            OSError: it cannot be written.
        """
        if self._save is not None:
            self._save()

    def _meet_faults(self, call_next: Next) -> Next:
        """Apply the planned faults to each call."""

        def meet_faults(call: Call) -> Any:
            faults = self.faults
            return faults.apply(call, call_next) if faults.waiting else call_next(call)

        return meet_faults

    def _hold_lock(self, call_next: Next) -> Next:
        """Let one call at a time continue, and wake the calls that wait for a change."""

        def hold_lock(call: Call) -> Any:
            with self._guard.lock:
                grant = call.grant
                if grant is not None and grant.app.folder is not None:
                    # The app's folder may have been deleted since the caller was admitted.
                    call = call._replace(view=self._view(self.world, grant))
                reply = call_next(call)
                if self._waiting:
                    self._answered.notify_all()
                    at_work.wake_polls(self._answered)
                return reply

        return hold_lock

    def _patiently(self, route: Route, call: Call) -> Reply:
        """Answer a route that waits: call it repeatedly until there is a change or time is up.

        While it waits, other calls get the lock; before virtual time passes, other callers get
        the chance to make one. `Clock.wait` advances a `ManualClock` in small steps, so that a
        change is noticed at the time when it happens.
        """
        assert call.record is not None
        clock = self.world.clock
        jitter = self.world.personality.longpoll_jitter
        more = self.world.chance.below("jitter", jitter + 1) if jitter else 0
        end = clock.micros + (call.arg.timeout + more) * SECOND
        self._waiting += 1
        try:
            with self._callers.polled(call.record.door) as poll:
                while True:
                    reply = route.run(call)
                    left = end - clock.micros
                    if left <= 0 or reply.result.changes:
                        return reply
                    # A simulation decides itself which of its workers runs next.
                    if self.is_watched or not poll.let_others_run(self._answered):
                        with at_work.polling(self._answered):
                            clock.wait(self._answered, min(left / SECOND, _LOOK_AGAIN_SECONDS))
        finally:
            self._waiting -= 1

    def _stubbed(self, name: str, record: CallRecord) -> Route:
        stub = self.stubs.get(name)
        if stub is not None:
            record.stub = True
            return stub
        if name in ROUTES:
            raise missing(name)
        raise unknown_route(name)

    def _key_of(self, credentials: Credentials, key: str = "") -> str | None:
        """Return the key of the app that a request names, also by Basic authentication.

        It is None if there is no such app: what was sent in its place may be a secret.
        """
        both = credentials.key_and_secret()
        app = self.world.apps.by_key(key or (both[0] if both else ""))
        return None if app is None else app.key

    def _admit(
        self,
        world: World,
        fact: RouteFact,
        credentials: Credentials | None,
        headers: Mapping[str, str],
    ) -> Grant | None:
        if fact.auth in _WITHOUT_ACCOUNT or ("app" in fact.auth and _is_basic(credentials)):
            self._admit_without_account(fact, credentials)
            return None
        name = fact.wire_name
        if credentials is None:
            raise bad_input(name, messages.NO_AUTHORIZATION, fact="O5-09")
        scheme, token = credentials
        if scheme != "Bearer" or not token:
            shown = _shown(scheme, token)
            wrong = messages.BAD_AUTHORIZATION.format(value=shown)
            raise bad_input(name, wrong, fact="F1.4-11")
        tokens = world.tokens
        grant = tokens.grant(token)
        if grant is None:
            if tokens.is_of_a_link(token):
                # After this error the SDK fetches a token of this service.
                raise AuthRefused("expired_access_token", fact="F1.5-01")
            raise self._unknown_token(name, token)
        if tokens.is_expired(grant):
            raise AuthRefused("expired_access_token", fact="F1.5-01")
        grant = selection.acting(world, fact, grant, headers)
        _check_scopes(fact, grant)
        if grant.app.folder is not None and not fact.allow_app_folder_app:
            raise bad_input(name, messages.APP_NOT_ALLOWED, fact="F1.4-17")
        return grant

    def _unknown_token(self, name: str, token: str) -> Refusal:
        malformed = self.world.personality.malformed_token
        if malformed == "bad_request" and not _TOKEN_FORM.fullmatch(token):
            return bad_input(name, messages.MALFORMED_TOKEN, fact="F1.4-10")
        return AuthRefused("invalid_access_token", fact="F1.5-01")

    def _admit_without_account(self, fact: RouteFact, credentials: Credentials | None) -> None:
        """Admit any caller to a `noauth` route, and any known app to an `app` route.

        A `noauth` route refuses credentials (F6.3-02). An app authenticates with its key and
        secret (O2.3-04); refusals without a fact are guesses.
        """
        name = fact.wire_name
        if "noauth" in fact.auth:
            if credentials is not None:
                raise bad_input(name, messages.UNUSED_AUTHORIZATION, fact="F1.4-19")
            return
        if credentials is None:
            raise bad_input(name, messages.NO_AUTHORIZATION, fact="O5-09")
        scheme, value = credentials
        if scheme != "Basic" or not value:
            shown = _shown(scheme, value)
            raise bad_input(name, messages.BAD_APP_AUTHORIZATION.format(value=shown))
        key, secret = credentials.key_and_secret() or ("", "")
        app = self.world.apps.by_key(key)
        if app is None or app.secret != secret:
            raise AuthRefused("invalid_access_token")
        if fact.scope and fact.scope not in app.scopes:
            raise _app_lacks_scope(fact, app, fact.scope)

    def _locate(
        self, world: World, fact: RouteFact, grant: Grant, root: str | None, arg: Any
    ) -> View:
        if root is None:
            reached = selection.in_namespaces(world, fact, grant, arg) if grant.as_admin else None
            if reached is not None:
                return self._reached(world, fact, grant, reached)._replace(shows_paths=False)
            return self._view(world, grant)
        own = roots_of(world, grant.account)
        named = path_root.namespace_of(fact.wire_name, root, own)
        if grant.as_admin and named != own.home:
            found = self._locate_for_admin(world, fact, grant, named, arg)
            if found is not None:
                return found
        return at_root(world, self._view(world, grant), grant.account, named)

    def _locate_for_admin(
        self, world: World, fact: RouteFact, grant: Grant, named: str, arg: Any
    ) -> View | None:
        """Return the view of a namespace that is open to an administrator, or None."""
        assert grant.team is not None, "only a team's token acts as an administrator"
        if named != str(grant.team.root_namespace_id):
            found = selection.root_of_admin(world, fact, grant, named)
            return None if found is None else self._reached(world, fact, grant, found)
        part = selection.in_team_space(world, fact, grant, arg)
        if part is not None and part != grant.account and fact.namespace == "sharing":
            raise missing(fact.wire_name, "a folder of the team in the team space")
        if part is None:
            return TeamSpaceView(*self._view(world, grant).at_top())
        if isinstance(part, Account):
            return self._view(world, grant._replace(account=part)).at_top()
        return self._view(world, grant).at_team_folder(part.shared, part.name)

    def _reached(
        self,
        world: World,
        fact: RouteFact,
        grant: Grant,
        found: Account | TeamFolder | SharedFolder,
    ) -> View:
        """Return an administrator's view with a namespace of the team as the root of all paths."""
        if fact.namespace == "sharing":
            raise missing(fact.wire_name, "a folder of the team as path root")
        if isinstance(found, TeamFolder):
            return self._view(world, grant).at_team_folder(found.shared)
        if isinstance(found, Account):
            return self._view(world, grant._replace(account=found))
        owner = world.accounts.by_id(found.owner)
        if owner is None:  # it is in a team folder
            return self._view(world, grant).at_team_folder(found)
        return self._view(world, grant._replace(account=owner)).at_root(found)

    def _view(self, world: World, grant: Grant) -> View:
        if grant.app.folder is None:
            return seen_by(world, grant)
        with self.lock:
            return seen_by(world, grant)


def _check_scopes(fact: RouteFact, grant: Grant) -> None:
    """Check that a grant has the scope of a route, and the scope to act as a member (P4-08).

    Raises:
        Refusal: the token or the app lacks one.
    """
    if fact.scope and fact.scope not in grant.scopes:
        raise _lacks_scope(fact, grant, fact.scope)
    is_for_member = grant.team is not None and "team" not in fact.auth
    if is_for_member and selection.MEMBER_SCOPE not in grant.scopes:
        raise _lacks_scope(fact, grant, selection.MEMBER_SCOPE)


def _lacks_scope(fact: RouteFact, grant: Grant, scope: str) -> Refusal:
    if scope in grant.app.scopes:
        return AuthRefused("missing_scope", required_scope=scope, fact="F1.5-02")
    return _app_lacks_scope(fact, grant.app, scope)


def _app_lacks_scope(fact: RouteFact, app: App, scope: str) -> Refusal:
    lacks = messages.APP_LACKS_SCOPE.format(app_id=app.app_id, scope=scope)
    return bad_input(fact.wire_name, lacks, fact="F1.4-18")


def _is_basic(credentials: Credentials | None) -> bool:
    """Return whether an app authenticates itself, without a user (S5-18)."""
    return credentials is not None and credentials.scheme == "Basic"


def _shown(scheme: str, secret: str) -> str:
    """Return an `Authorization` header as an error may quote it, without possible secrets."""
    known = scheme if scheme in ("Bearer", "Basic") else "…"
    return f"{known} …" if secret else known


def _record(call_next: Next) -> Next:
    """Write the outcome of a request into its record, also if it is refused."""

    def record(request: Request) -> Any:
        try:
            reply = call_next(request)
        except Exception as error:
            request.record.failed(error)
            raise
        request.record.outcome = "ok" if request.wire is None else request.wire.outcome
        content = getattr(reply, "content", None)
        if content is not None:
            request.record.size = content.size
        return reply

    return record


def _enter(call_next: Next) -> Next:
    """Admit a request: turn it into a call for the rest of the chain."""

    def enter(request: Request) -> Any:
        return call_next(request.admit(request.record))

    return enter


def _saved_by(save: Callable[[], None]) -> Wrapper:
    """Return a wrapper that saves what each call has changed."""

    def wrap(call_next: Next) -> Next:
        def save_at_the_end(call: Call) -> Any:
            try:
                return call_next(call)
            finally:  # a call that is refused may have changed something, too
                save()

        return save_at_the_end

    return wrap


def _show_property_groups(call_next: Next) -> Next:
    """Give files and folders without property groups an empty list, as in compact JSON."""

    def show_property_groups(call: Call) -> Any:
        reply = call_next(call)
        if call.view is not None:
            with_property_groups(reply.result)
        return reply

    return show_property_groups


def _answer(call: Call) -> Any:
    """Call the route or page itself; this is the end of the chain."""
    return call.answer(call)
