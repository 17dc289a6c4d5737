"""Thumbnails of images, the size of an image, and the time it was taken, all by Pillow."""

from __future__ import annotations

import io
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any, NamedTuple

from fakedropbox._base.extras import optional
from fakedropbox._facts.limits import THUMBNAIL_BYTES
from fakedropbox._files.blobs import Blob
from fakedropbox.errors import RouteError

EXTENSIONS = frozenset({"jpg", "jpeg", "png", "tiff", "tif", "gif", "webp", "ppm", "bmp"})
_EXIF, _TAKEN = 0x8769, 0x9003
_FIRST_YEAR = 1000  # earlier years have no four digits, which the SDK expects
_WHITE = (255, 255, 255, 255)


class Wanted(NamedTuple):
    """The requested format, size and mode of a thumbnail: the tags of the SDK's unions."""

    form: str
    size: str
    mode: str
    keeps_transparency: bool = False


def thumbnail(extension: str, blob: Blob, wanted: Wanted) -> bytes:
    """Return a scaled-down image.

    Raises:
        RouteError: with the tags of a `ThumbnailError`.
        NotImplementedInFake: Pillow is not installed.
    """
    if extension not in EXTENSIONS:
        raise RouteError("unsupported_extension")
    if blob.size > THUMBNAIL_BYTES:
        raise RouteError("unsupported_image")
    pillow, turn = optional("PIL.Image", "images"), optional("PIL.ImageOps", "images")
    try:
        with size_warning(pillow, "error"):
            image = pillow.open(io.BytesIO(blob.read()))
            image = turn.exif_transpose(image).convert("RGBA")
        return _made(pillow, image, wanted)
    except pillow.UnidentifiedImageError:
        raise RouteError("unsupported_image") from None
    except Exception:  # noqa: BLE001 -- broken or very long images raise errors of any class
        raise RouteError("conversion_error") from None


def _made(pillow: Any, image: Any, wanted: Wanted) -> bytes:
    image = image.resize(_scaled(image.size, wanted), pillow.Resampling.LANCZOS)
    if not wanted.keeps_transparency:
        below = pillow.new("RGBA", image.size, _WHITE)
        image = pillow.alpha_composite(below, image).convert("RGB")
    made = io.BytesIO()
    image.save(made, wanted.form)
    return made.getvalue()


class Photo(NamedTuple):
    """The size of a stored image, in pixels, and the time it was taken, or None."""

    width: int
    height: int
    taken: datetime | None


def photo(blob: Blob) -> Photo | None:
    """Return the size of an image and the time it was taken; None if the blob is not an image.

    Raises:
        NotImplementedInFake: Pillow is not installed.
    """
    pillow = optional("PIL.Image", "images")
    try:
        with size_warning(pillow, "ignore"):
            image = pillow.open(io.BytesIO(blob.read()))
    except Exception:  # noqa: BLE001 -- a broken image makes a decoder raise errors of any class
        return None
    return Photo(image.width, image.height, _taken(image))


def _taken(image: Any) -> datetime | None:
    try:
        text = image.getexif().get_ifd(_EXIF).get(_TAKEN, "")
        taken = datetime.strptime(text, "%Y:%m:%d %H:%M:%S")  # noqa: DTZ007 -- a camera's local time
    except Exception:  # noqa: BLE001 -- as in `photo`; PNG stores the EXIF data after the image
        return None
    return taken if taken.year >= _FIRST_YEAR else None


@contextmanager
def size_warning(pillow: Any, action: Any) -> Iterator[None]:
    """Apply ``action`` to the warning about a huge image, and ignore all other warnings."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        warnings.simplefilter(action, pillow.DecompressionBombWarning)
        yield


def _scaled(size: tuple[int, int], wanted: Wanted) -> tuple[int, int]:
    """Return the size of the thumbnail for an image of this size: never larger than the image."""
    if wanted.mode == "original":
        return size
    box = _box(wanted.size)
    if wanted.mode != "strict" and (size[0] < size[1]) != (box[0] < box[1]):
        box = box[::-1]  # portrait and landscape differ, so swap width and height
    ratios = [inner / outer for inner, outer in zip(box, size, strict=True)]
    factor = min(1.0, max(ratios) if wanted.mode == "fitone_bestfit" else min(ratios))
    width, height = (max(1, round(length * factor)) for length in size)
    return width, height


def _box(tag: str) -> tuple[int, int]:
    """Return the two numbers in the tag of a `ThumbnailSize`, such as ``w640h480``."""
    width, _, height = tag.removeprefix("w").partition("h")
    return int(width), int(height)
