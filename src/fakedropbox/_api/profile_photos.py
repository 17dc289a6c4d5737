"""The addresses of profile photos (P2-02)."""

from __future__ import annotations

from urllib.parse import quote

from fakedropbox._facts import hosts
from fakedropbox._identity.accounts import Account
from fakedropbox._identity.photos import Photo
from fakedropbox.calls import World

PATH = "/account_photo/get/"
"""The path of the address of a photo, without its id."""


def photo_url(world: World, account: Account) -> str | None:
    """Return the address of the photo of an account, or None (P2-07)."""
    photo = world.photos.of(account.account_id)
    return None if photo is None else url_of(photo)


def url_of(photo: Photo) -> str:
    """Return the address of a photo (P2-02)."""
    shown = quote(photo.photo_id, safe="")
    return f"https://{hosts.PHOTOS}{PATH}{shown}?vers={photo.version}&size=128x128"
