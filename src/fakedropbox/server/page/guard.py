"""The check that a request concerns the service that the page shows at present.

Another browser may have chosen another service since this one loaded its page, or the service may
have been deleted: its forms must not change a service that their user does not see.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from fakedropbox.server.page.entry import Entry, Respond
from fakedropbox.server.page.rendering import NOTICE, is_of_htmx, reloaded, rendered
from fakedropbox.server.page.shown import Shown


class Guard:
    """The entry to the page, with the check of the service."""

    def __init__(self, entry: Entry, shown: Shown) -> None:
        self._entry = entry
        self._shown = shown

    def guarded(self, look: Respond) -> Respond:
        """Return a function like that of `Entry.guarded`; an outdated page is loaded again."""

        async def endpoint(request: Request) -> Response:
            if is_of_htmx(request) and self._is_of_another(request):
                return reloaded()
            return await look(request)

        return self._entry.guarded(endpoint)

    def changing(self, act: Respond) -> Respond:
        """Return a function like that of `Entry.changing`; a form of an outdated page is refused.

        The response is a whole page with a notice, from which htmx takes only the notice.
        """

        async def endpoint(request: Request) -> Response:
            if self._is_of_another(request):
                name = self._shown.name
                return rendered("other_service.html", 400, NOTICE, service_name=name)
            return await act(request)

        return self._entry.changing(endpoint)

    def _is_of_another(self, request: Request) -> bool:
        """Return whether a request names another service than the one that is shown."""
        named = request.headers.get("X-FakeDropbox-Service", request.query_params.get("service"))
        return named is not None and named != self._shown.name
