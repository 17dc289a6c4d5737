"""The replay of recorded requests on a service, and the report on the differences."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import parse_qsl, urlencode

from fakedropbox._base.checks import expect
from fakedropbox._core.folder import read_folder
from fakedropbox._core.service import Service
from fakedropbox._doors.adapter import UNSENDABLE, ServiceSession
from fakedropbox._facts import ROUTES
from fakedropbox._files.blobs import content_hash
from fakedropbox._identity.credentials import Credentials, basic
from fakedropbox.clock import ManualClock
from fakedropbox.errors import NotImplementedInFake
from fakedropbox.login import Login
from fakedropbox.recording._comparison import (
    NO_TOLERANCES,
    Before,
    Bindings,
    ResponseDifference,
    Tolerances,
    differences,
)
from fakedropbox.recording._exchanges import Body, Exchange, Reply
from fakedropbox.recording._logins import logins_in
from fakedropbox.recording._reading import UnreadableRecording, read
from fakedropbox.recording._times import Times

_OK = 200
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")
_BEFORE = timedelta(hours=1)
"""The time between the initial state of a new service and the first exchange."""

Outcome = Literal["same", "different", "not faked"]


class Replayer:
    """A replayer of recorded requests, which compares the responses with the recorded ones.

    The clock shows the times of the recording, so that timestamps are equal. Values that the
    service generates (ids, revisions, cursors) differ: ``bindings`` maps the recorded ones to those
    of the service, with which the requests are sent. The requests have the login's credentials in
    place of the recorded ones.

    Args:
        service: the service, with a `ManualClock`.
        login: the credentials to use.
        tolerances: places of single exchanges that may differ.
    """

    def __init__(
        self, service: Service, login: Login, tolerances: Tolerances = NO_TOLERANCES
    ) -> None:
        self.bindings = Bindings()
        self._clock = _clock_of(service)
        self._session = ServiceSession(service)
        self._tolerances = tolerances
        self._token = login.access_token
        self._app = basic(login.app_key, login.app_secret)
        self._credentials = {
            "client_id": login.app_key,
            "client_secret": login.app_secret,
            "refresh_token": login.refresh_token,
        }

    def compare(
        self, exchange: Exchange, *, at: datetime | None = None
    ) -> list[ResponseDifference]:
        """Send a request, and return the differences of the response from the recorded one.

        Args:
            exchange: the recorded exchange.
            at: the time of the service's clock; that of the recorded response unless given.

        Raises:
            NotImplementedInFake: the route or page is not faked.
        """
        reply = self.send(exchange, at=at)
        return differences(exchange, reply, self.bindings, self._tolerances)

    def send(self, exchange: Exchange, *, at: datetime | None = None) -> Reply:
        """Send the recorded request and return the response of the service.

        Raises:
            NotImplementedInFake: the route or page is not faked.
        """
        self._clock.set(at or exchange.date)
        is_route = exchange.path.startswith("/2/")
        headers: dict[str, str | bytes] = {
            name: _sent(self.bindings.ours_in(text)) for name, text in exchange.headers.items()
        }
        query = [(name, self._parameter(name, text)) for name, text in parse_qsl(exchange.query)]
        is_authorized = any(name == "authorization" for name, _ in query)
        if is_route and not is_authorized and _has_credentials(exchange):
            headers["Authorization"] = self._authorization(is_of_app=_is_of_app(exchange))
        response = self._session.request(
            exchange.method,
            self._url(exchange, urlencode(query)),
            headers=headers,
            data=self._body(exchange, is_route=is_route),
            allow_redirects=False,  # each redirected request is an exchange of its own
        )
        reply = Reply(
            response.status_code,
            {name.lower(): value for name, value in response.headers.items()},
            response.content,
            response.url,
        )
        if exchange.route == "oauth2/token" and reply.status == _OK:
            self._token = response.json()["access_token"]  # later requests use the new token
        return reply

    def _url(self, exchange: Exchange, query: str) -> str:
        """Return the URL to request; a recorded link becomes the one that the service returned."""
        recorded = f"https://{exchange.host}{exchange.path}"
        link = f"{recorded}?{exchange.query}" if exchange.query else recorded
        ours = self.bindings.ours_of_url(link)
        return ours if ours != link else f"{recorded}?{query}" if query else recorded

    def _parameter(self, name: str, text: str) -> str:
        if name != "authorization":
            return self.bindings.ours_in(text)
        return self._authorization(is_of_app=text.lower().startswith("basic "))

    def _authorization(self, *, is_of_app: bool) -> str:
        """Return an `Authorization` header with the app's key and secret, or the access token."""
        return " ".join(self._app if is_of_app else Credentials("Bearer", self._token))

    def _body(self, exchange: Exchange, *, is_route: bool) -> bytes:
        data = bytes(exchange.body)
        if is_route and not exchange.is_upload:
            text = data.decode("utf-8", "surrogateescape")  # the body may be any bytes
            return self.bindings.ours_in(text).encode("utf-8", "surrogateescape")
        if exchange.route != "oauth2/token":
            return data
        form = dict(parse_qsl(data.decode("utf-8", "replace")))
        if "code" in form:
            form["code"] = self.bindings.ours("code", form["code"])
        ours = {name: value for name, value in self._credentials.items() if name in form}
        return urlencode({**form, **ours}).encode()


def _has_credentials(exchange: Exchange) -> bool:
    """Return whether a request had credentials, which a recording may not tell."""
    fact = ROUTES.get(exchange.route)
    if fact is not None and fact.auth == ("noauth",):
        return bool(exchange.login or exchange.authorization)
    return True


def _is_of_app(exchange: Exchange) -> bool:
    """Return whether a request had the key and the secret of an app in place of a token.

    An old recording does not tell. Then a route that users can call was called by one.
    """
    fact = ROUTES.get(exchange.route)
    is_for_apps = fact is not None and fact.auth == ("app",)
    return bool(exchange.authorization) or (is_for_apps and not exchange.login)


def _sent(header: str) -> bytes:
    """Return a header as bytes: Latin-1, or UTF-8 if it has other characters (F1.1-07)."""
    try:
        return header.encode("latin-1")
    except UnicodeEncodeError:
        return header.encode("utf-8", "surrogateescape")


@dataclass(frozen=True, slots=True)
class ReplayedExchange:
    """The outcome of the replay of one exchange.

    ``name`` is the name of its recording, ``#`` and its step; ``route`` is the name of the route or
    page. ``outcome`` is ``same``, ``different`` or ``not faked``. ``differences`` are those of the
    response from the recorded one.
    """

    name: str
    route: str
    outcome: Outcome
    differences: tuple[ResponseDifference, ...] = ()

    def __str__(self) -> str:
        lines = [f"{self.name} {self.route}: {self.outcome}", *map(str, self.differences)]
        return "\n    ".join(lines)


@dataclass(frozen=True)
class ReplayReport:
    """The report on a replay; ``str()`` lists the differences.

    ``exchanges`` are the outcomes in order. ``skipped`` has the numbers of exchanges that were left
    out, by reason, such as ``sent to other hosts``. ``logins`` is the number of logins in the
    recording; all requests are sent with one.
    """

    exchanges: tuple[ReplayedExchange, ...]
    skipped: Mapping[str, int]
    logins: int = 1

    @property
    def is_same(self) -> bool:
        """True if the service has answered all requests as recorded."""
        return all(each.outcome == "same" for each in self.exchanges)

    def to_json(self) -> dict[str, Any]:
        """Return the report as values of JSON."""
        return {
            "counts": self._counts(),
            "skipped": dict(self.skipped),
            "logins": self.logins,
            "exchanges": [
                {
                    "name": each.name,
                    "route": each.route,
                    "outcome": each.outcome,
                    "differences": [found._asdict() for found in each.differences],
                }
                for each in self.exchanges
            ],
        }

    def _counts(self) -> dict[Outcome, int]:
        found = Counter(each.outcome for each in self.exchanges)
        return {outcome: found[outcome] for outcome in ("same", "different", "not faked")}

    def __str__(self) -> str:
        lines = [str(each) for each in self.exchanges if each.outcome != "same"]
        counts = ", ".join(f"{number} {outcome}" for outcome, number in self._counts().items())
        lines.append(f"{len(self.exchanges)} exchanges: {counts}")
        lines += [f"left out: {number} {reason}" for reason, number in self.skipped.items()]
        if self.logins > 1:
            lines.append(
                f"{self.logins} logins were recorded, and replayed with one: if they are of "
                "several accounts, record each account into a file of its own"
            )
        return "\n".join(lines)


def replay(
    path: str | Path, *, service: Service | None = None, files: str | Path | None = None
) -> ReplayReport:
    """Send the requests of a recording to a service, and compare the responses.

    Ids, revisions, cursors and other generated values may differ, as long as equal ones are equal
    in both. So may texts that the recording has replaced, the settings of the account, hashes and
    times of files from before the recording, and fields that the API did not have then.

    Args:
        path: a recording of `fakedropbox record`, or a HAR file.
        service: the service, which keeps what the requests change; its clock is set to the times of
            the recording. A new one unless given.
        files: a directory with the files that the account had before, which are put into the
            default account. The recording does not contain them.

    Raises:
        UnreadableRecording: ``path`` is not a recording, has no exchange with Dropbox, or has a
            request that cannot be sent.
        OSError: a file cannot be read.
        TypeError: the service's clock is not a `ManualClock`.
        ValueError: ``files`` is not a directory that can be copied.

    >>> from tempfile import TemporaryDirectory
    >>> from fakedropbox import FakeDropboxService
    >>> from fakedropbox.recording import recording
    >>> with TemporaryDirectory() as folder:
    ...     with recording(f"{folder}/exchanges.jsonl", "mine"):
    ...         with FakeDropboxService().activate() as service:
    ...             import dropbox
    ...             dbx = dropbox.Dropbox(service.login.access_token)
    ...             _ = dbx.files_upload(b"hello", "/a.txt")
    ...     print(replay(f"{folder}/exchanges.jsonl"))
    1 exchanges: 1 same, 0 different, 0 not faked
    """
    expect("service", service, Service, type(None))
    recorded = read(Path(path))
    begin = recorded.exchanges[0].date - _BEFORE
    if service is None:
        service = Service(clock=ManualClock(begin))
    _clock_of(service).set(begin)
    if files is not None:
        _copy(service, Path(files))
    tolerances = Tolerances(before=_before(recorded.exchanges))
    replayer = Replayer(service, service.logins.create(scopes=service.scopes), tolerances)
    times = Times()
    replayed = [_replayed(replayer, each, times.at(each), path) for each in recorded.exchanges]
    logins = max(1, len(logins_in(recorded.exchanges)))
    return ReplayReport(tuple(replayed), recorded.skipped, logins)


def _before(exchanges: Sequence[Exchange]) -> Before:
    bodies: set[Body] = {b""}
    for each in exchanges:
        bodies |= {each.body, each.reply.body}
    asked = [text for each in exchanges for text in (*each.headers.values(), each.query)]
    asked += [
        each.body.decode("utf-8", "replace")
        for each in exchanges
        if isinstance(each.body, bytes) and not each.is_upload
    ]
    return Before(
        # One by one: the bytes of a stand-in, which may be many, are only made for its hash.
        hashes=frozenset(content_hash(bytes(body)).hex() for body in bodies),
        times=frozenset(time for text in asked for time in _TIME.findall(text)),
        began=f"{exchanges[0].date:%Y-%m-%dT%H:%M:%SZ}",
    )


def _clock_of(service: Service) -> ManualClock:
    clock = service.clock
    expect("service.clock", clock, ManualClock)
    assert isinstance(clock, ManualClock)
    return clock


def _copy(service: Service, top: Path) -> None:
    if not top.is_dir():
        raise ValueError(f"files: expected a directory, got {top}")
    try:
        contents, folders = read_folder(top)
    except ValueError as error:
        raise ValueError(f"files: {top} cannot be copied: {error}") from error
    service.seed_files(contents, folders=folders)


def _replayed(
    replayer: Replayer, exchange: Exchange, at: datetime, path: str | Path
) -> ReplayedExchange:
    try:
        found = tuple(replayer.compare(exchange, at=at))
    except NotImplementedInFake:
        return ReplayedExchange(exchange.name, exchange.route, "not faked")
    except UNSENDABLE:  # their texts show values, which may be secret
        raise UnreadableRecording(
            f"{path}, {exchange.name}: expected a request that can be sent to Dropbox"
        ) from None
    return ReplayedExchange(exchange.name, exchange.route, "different" if found else "same", found)
