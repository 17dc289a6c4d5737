"""A table with a valid call of each route of `account`, and an invalid one where there is any."""

import base64
import io

from dropbox.account import PhotoSourceArg
from tests.support.populated import PICTURE
from tests.support.routes.row import Row
from tests.support.routes.users import NOBODY, own_id

PREFIX = "https://dl-web.dropbox.com/account_photo/get/dbaphid%3A"


def photo():
    """Return an image that is large enough for a profile photo."""
    from PIL import Image

    made = io.BytesIO()
    Image.new("RGB", (128, 128)).save(made, "PNG")
    return made.getvalue()


def source(data):
    return PhotoSourceArg.base64_data(base64.b64encode(data).decode())


ROWS = [
    Row(
        "account/delete_profile_photo",
        lambda dbx, _: type(dbx.account_delete_profile_photo()).__name__,
        "DeleteProfilePhotoResult",
        {"photo": None},
    ),
    Row(
        "account/get_photo",
        lambda dbx, _: dbx.account_get_photo(own_id(dbx), "16x16", False, True)[0].content_type,
        "image/jpeg",
        {},
        lambda dbx, _: dbx.account_get_photo(NOBODY, "16x16", False, True),
        "expected_account_photo_missing",
    ),
    Row(
        "account/set_profile_photo",
        lambda dbx, _: dbx.account_set_profile_photo(source(photo())).profile_photo_url[
            : len(PREFIX)
        ],
        PREFIX,
        {"photo": False},
        lambda dbx, _: dbx.account_set_profile_photo(source(PICTURE)),
        "dimension_error",
    ),
]
