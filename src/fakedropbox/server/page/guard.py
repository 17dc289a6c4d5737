"""The check that a request concerns the service that its browser sees at present.

Another tab of the browser may have chosen another service since this one loaded its page, or the
service may have been deleted: its forms must not change a service that their user does not see.
"""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import Response

from fakedropbox.server.page.entry import Endpoint, Entry, Respond
from fakedropbox.server.page.rendering import NOTICE, is_of_htmx, reloaded, rendered
from fakedropbox.server.page.shown import Shown


class Guard:
    """The entry to the page, with the check of the service."""

    def __init__(self, entry: Entry) -> None:
        self._entry = entry

    def guarded(self, look: Respond) -> Endpoint:
        """Return a function like that of `Entry.guarded`; an outdated page is loaded again."""

        async def endpoint(shown: Shown, request: Request) -> Response:
            if is_of_htmx(request) and _is_of_another(shown, request):
                return reloaded()
            return await look(shown, request)

        return self._entry.guarded(endpoint)

    def changing(self, act: Respond) -> Endpoint:
        """Return a function like that of `Entry.changing`; a form of an outdated page is refused.

        The response is a whole page with a notice, from which htmx takes only the notice.
        """

        async def endpoint(shown: Shown, request: Request) -> Response:
            if _is_of_another(shown, request):
                return rendered("other_service.html", 400, NOTICE, service_name=shown.name)
            return await act(shown, request)

        return self._entry.changing(endpoint)


def _is_of_another(shown: Shown, request: Request) -> bool:
    """Return whether a request names a service other than the one that its browser sees."""
    named = request.headers.get("X-FakeDropbox-Service", request.query_params.get("service"))
    return named is not None and named != shown.name
