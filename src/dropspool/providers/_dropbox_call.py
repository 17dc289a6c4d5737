"""A call of the official SDK, whose requests are repeated here and not by the SDK.

By default the SDK repeats a request after a 5xx and does not tell the caller. If a move was
carried out but its answer was lost, the repetition then fails, because the file is no
longer there. So this module lets the SDK repeat only after a 429, which means that
nothing was done, and makes all other repetitions itself. It then knows whether an earlier
attempt of the same call may have been carried out, so that the caller can check.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from json import JSONDecodeError
from typing import TypeVar

import dropbox
from dropbox.exceptions import DropboxException, InternalServerError
from requests.exceptions import RequestException

from dropspool.clock import Clock
from dropspool.providers._dropbox_errors import is_busy, translated

ResultT = TypeVar("ResultT")

_PAUSES = (1, 2, 4, 8)
"""Seconds before each repetition of a request; after the last one, the error is raised."""

_UNANSWERED = (RequestException, InternalServerError, JSONDecodeError)
"""The errors after which it is not known whether the request was carried out."""

logger = logging.getLogger(__name__)


class Call:
    """One call with its repeated attempts.

    ``may_be_done`` is True if it is not known of one of the attempts whether it was carried out.
    """

    def __init__(self, client: dropbox.Dropbox, clock: Clock, path: str) -> None:
        self._client = client
        self._clock = clock
        self._path = path
        self.may_be_done = False

    def run(self, request: Callable[[dropbox.Dropbox], ResultT]) -> ResultT:
        """Make the request, again if unanswered or Dropbox is busy; raise `translated` errors."""
        pauses = iter(_PAUSES)
        while True:
            try:
                return request(self._client)
            except (RequestException, DropboxException, JSONDecodeError) as error:
                unanswered = isinstance(error, _UNANSWERED)
                self.may_be_done |= unanswered
                pause = next(pauses, None) if unanswered or is_busy(error) else None
                if pause is None:
                    raise translated(error, self._path) from error
                logger.warning(
                    "%s: %s, next attempt in %d s", self._path, type(error).__name__, pause
                )
            self._clock.sleep(pause)

    def pause(self, seconds: float) -> None:
        """Wait some seconds on the provider's clock."""
        self._clock.sleep(seconds)

    def wait(self, seconds: float, request: Callable[[dropbox.Dropbox], ResultT]) -> ResultT:
        """Make a request whose answer may take ``seconds``; do not repeat it after a failure."""
        try:
            return request(self._client.clone(timeout=seconds))
        except (RequestException, DropboxException, JSONDecodeError) as error:
            raise translated(error, self._path) from error
