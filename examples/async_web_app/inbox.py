"""A web application that keeps uploaded files in Dropbox.

The SDK is synchronous, so each call is made in a thread. To serve it:

    DROPBOX_TOKEN=… uvicorn --factory inbox:create_app
"""

import asyncio
import os

import dropbox
from dropbox.exceptions import ApiError, RateLimitError
from dropbox.files import FileMetadata
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route

FOLDER = "/inbox"
ATTEMPTS = 5


async def call(method, *args):
    """Call a method of the SDK in a thread, again after a rate limit."""
    for _ in range(ATTEMPTS - 1):
        try:
            return await asyncio.to_thread(method, *args)
        except RateLimitError as error:
            await asyncio.sleep(error.backoff)
    return await asyncio.to_thread(method, *args)


async def upload(request: Request):
    """Keep the body of a request as a new file."""
    dbx, path = request.app.state.dbx, f"{FOLDER}/{request.path_params['name']}"
    try:
        file = await call(dbx.files_upload, await request.body(), path)
    except ApiError as error:
        if error.error.is_path() and error.error.get_path().reason.is_conflict():
            return JSONResponse({"error": "there is another file of this name"}, 409)
        raise
    return JSONResponse({"name": file.name, "size": file.size}, 201)


async def listing(request: Request):
    """List all files, with a cursor for `changes`."""
    dbx = request.app.state.dbx
    page = await call(dbx.files_list_folder, FOLDER)
    entries = list(page.entries)
    while page.has_more:
        page = await call(dbx.files_list_folder_continue, page.cursor)
        entries += page.entries
    files = {each.name: each.size for each in entries if isinstance(each, FileMetadata)}
    return JSONResponse({"files": files, "cursor": page.cursor})


async def changes(request: Request):
    """Wait until there is a change since a listing, or for half a minute."""
    dbx = request.app.state.dbx
    result = await call(dbx.files_list_folder_longpoll, request.query_params["since"], 30)
    return JSONResponse({"changes": result.changes})


def create_app():
    """Return the application, for the account of the token in the environment."""
    app = Starlette(
        routes=[
            Route("/files/{name}", upload, methods=["PUT"]),
            Route("/files", listing),
            Route("/changes", changes),
        ]
    )
    app.state.dbx = dropbox.Dropbox(os.environ["DROPBOX_TOKEN"], max_retries_on_rate_limit=0)
    return app
