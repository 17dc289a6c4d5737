"""The actions of the page: forms that its own pages send, and nobody else's."""

from __future__ import annotations

from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from fakedropbox._web.forms import Form, form_of
from fakedropbox._web.registry import Asked
from fakedropbox.server.page.entry import Entry, Respond


def posted(entry: Entry, respond: Respond) -> Respond:
    """Return a function that responds to a form which a page of this server sent.

    A browser says with each form which page it is on. One that does not say so is refused, too:
    the cookie alone would not tell another server of this machine from this one.
    """

    async def endpoint(request: Request) -> Response:
        own = f"{request.url.scheme}://{request.headers.get('Host', '')}"
        if request.headers.get("Origin") != own:
            text = "fakedropbox: expected a form of a page of this server\n"
            return PlainTextResponse(text, 403)
        return await respond(request)

    return entry.guarded(endpoint)


async def form_in(request: Request) -> Form:
    """Return the form in a request: ``multipart/form-data``, with files or without.

    Raises:
        PageRefused: it is another kind of form.
    """
    return form_of(Asked({}, request.headers), await request.body())
