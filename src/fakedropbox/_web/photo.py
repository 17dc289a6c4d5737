"""The photo of an account at its address, for everybody who knows it (P2-16)."""

from __future__ import annotations

from fakedropbox._api.profile_photos import PATH
from fakedropbox._facts import hosts, messages
from fakedropbox._facts.limits import PHOTO_SIDE
from fakedropbox._files.blobs import Blob, content_hash
from fakedropbox._files.profile_photos import square
from fakedropbox._web.link_content import LinkContent
from fakedropbox._web.registry import Asked, page
from fakedropbox.calls import Call, Reply
from fakedropbox.errors import PageRefused


@page("GET", PATH, hosts=(hosts.PHOTOS,), shows=())
def show(call: Call, asked: Asked) -> Reply:
    """Return a photo as a JPEG; its address is not found after another photo has replaced it."""
    photo = call.world.photos.with_id(asked.link)
    if photo is None or asked.fields.get("vers") != str(photo.version):
        raise PageRefused(messages.LINK_PAGE_NOT_FOUND, "not_found", fact="P2-16")
    image = square(photo.content, PHOTO_SIDE)
    assert image is not None, "it was checked when it was set"
    return Reply(LinkContent("inline", "photo.jpg", None), Blob(content_hash(image), image))


page("HEAD", PATH, hosts=(hosts.PHOTOS,), shows=())(show.handle)
