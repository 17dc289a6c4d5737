"""Profile photos: setting, deleting and reading them (P2-01 to P2-14)."""

from __future__ import annotations

import binascii
import re
from base64 import b64decode
from typing import Any

from dropbox import account

from fakedropbox._api.caller import account_of
from fakedropbox._api.profile_photos import url_of
from fakedropbox._api.refusals import bad_argument
from fakedropbox._api.registry import AS_429, route
from fakedropbox._api.structs import payload_of, tag_of
from fakedropbox._base.sdk_parts import sdk_has
from fakedropbox._facts.limits import PHOTO_BYTES, PHOTO_SIDE
from fakedropbox._files.blobs import Blob, content_hash
from fakedropbox._files.profile_photos import size_of, square
from fakedropbox._identity.photos import Photo
from fakedropbox.calls import Call, Reply
from fakedropbox.errors import RouteError

_SIDES = (16, 32, 64, 128)
_SIZE = re.compile(r"([0-9]{1,5})x([0-9]{1,5})")
_ID = re.compile(r"(dbid|dbaphid):.*", re.DOTALL)


@route(account.set_profile_photo, contention=AS_429)
def set_profile_photo(call: Call, arg: Any) -> Any:
    """Set the caller's photo (P2-01 to P2-06)."""
    content = _content(arg.photo)
    size = size_of(content)
    if size is None:
        raise RouteError("file_type_error", fact="P2-03")
    if len(content) > PHOTO_BYTES:
        raise RouteError("file_size_error", fact="P2-03")
    if min(size) < PHOTO_SIDE:
        raise RouteError("dimension_error", fact="P2-06")
    if square(content, PHOTO_SIDE) is None:
        raise RouteError("thumbnail_error", fact="P2-03")
    photo = call.world.photos.set(account_of(call).account_id, content)
    return account.SetProfilePhotoResult(url_of(photo))


def delete_profile_photo(call: Call, _arg: Any) -> Any:
    """Delete the caller's photo, if there is one (P2-09)."""
    call.world.photos.delete(account_of(call).account_id)
    return account.DeleteProfilePhotoResult()


def get_photo(call: Call, arg: Any) -> Reply:
    """Return the photo of an account as a JPEG (P2-10 to P2-13)."""
    if not _ID.fullmatch(arg.dbx_account_id):
        text = f"dbx_account_id: '{arg.dbx_account_id}' did not match pattern '(dbid|dbaphid):.*'"
        raise bad_argument(call, text, fact="P2-11")
    size = _SIZE.fullmatch(arg.size)
    if size is None:
        text = f"size: '{arg.size}' did not match pattern '{_SIZE.pattern}'"
        raise bad_argument(call, text, fact="P2-15")
    photo = _photo(call, arg.dbx_account_id)
    if photo is None:
        missing = "account_photo_missing"
        tag = f"expected_{missing}" if arg.expect_account_photo else missing
        raise RouteError(tag, fact="P2-12")
    wanted = max(map(int, size.groups()))
    side = min(_SIDES, key=lambda each: abs(each - wanted))
    image = square(photo.content, side, circle=arg.circle_crop)
    assert image is not None, "it was checked when it was set"
    found = account.AccountPhotoGetResult("image/jpeg")
    return Reply(found, Blob(content_hash(image), image))


if sdk_has("account.get_photo"):
    route(account.delete_profile_photo, contention=AS_429)(delete_profile_photo)
    route(account.get_photo)(get_photo)


def _content(source: Any) -> bytes:
    """Return the image in an argument.

    Raises:
        RouteError: ``file_type_error``: the image is not given as valid base64 (P2-05).
    """
    try:
        if tag_of(source) == "base64_data":
            return b64decode(payload_of(source), validate=True)
    except (binascii.Error, ValueError):
        pass
    raise RouteError("file_type_error", fact="P2-05")


def _photo(call: Call, id_: str) -> Photo | None:
    photos = call.world.photos
    return photos.of(id_) if id_.startswith("dbid:") else photos.with_id(id_)
