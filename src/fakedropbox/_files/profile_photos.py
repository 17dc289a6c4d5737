"""Profile photos as images, all by Pillow: their size, and the square that is shown."""

from __future__ import annotations

import io
from typing import Any

from fakedropbox._base.extras import optional
from fakedropbox._files.thumbnails import size_warning

_WHITE = (255, 255, 255)


def size_of(content: bytes) -> tuple[int, int] | None:
    """Return the width and the height of an image; None if it is not one.

    Raises:
        NotImplementedInFake: Pillow is not installed.
    """
    pillow = optional("PIL.Image", "images")
    try:
        with size_warning(pillow, "ignore"):
            width, height = pillow.open(io.BytesIO(content)).size
    except Exception:  # noqa: BLE001 -- a broken image makes a decoder raise errors of any class
        return None
    return width, height


def square(content: bytes, side: int, *, circle: bool = False) -> bytes | None:
    """Return the middle of an image as a square JPEG; None if it cannot be decoded.

    With ``circle``, everything outside the circle is white.

    Raises:
        NotImplementedInFake: Pillow is not installed.
    """
    pillow, operations = optional("PIL.Image", "images"), optional("PIL.ImageOps", "images")
    try:
        with size_warning(pillow, "error"):
            image = pillow.open(io.BytesIO(content))
            image = operations.exif_transpose(image).convert("RGBA")
    except Exception:  # noqa: BLE001 -- as in `size_of`
        return None
    image = operations.fit(image, (side, side))
    shown = pillow.new("RGB", image.size, _WHITE)
    shown.paste(image, mask=image)
    if circle:
        shown = _circle(pillow, shown)
    made = io.BytesIO()
    shown.save(made, "JPEG")
    return made.getvalue()


def _circle(pillow: Any, image: Any) -> Any:
    mask = pillow.new("L", image.size)
    optional("PIL.ImageDraw", "images").Draw(mask).ellipse((0, 0, *image.size), fill=255)
    shown = pillow.new("RGB", image.size, _WHITE)
    shown.paste(image, mask=mask)
    return shown
