"""The media info of photos (F2.2-01, F2.2-06): their dimensions and the time they were taken."""

from __future__ import annotations

from typing import Any

from dropbox import files

from fakedropbox._api.registry import missing
from fakedropbox._files.blobs import Blob
from fakedropbox._files.paths import fold
from fakedropbox._files.search import category_of, extension_of
from fakedropbox._files.thumbnails import EXTENSIONS, photo
from fakedropbox.calls import Call


def show_media_info(call: Call, meta: Any, blob: Blob) -> None:
    """Add the media info of an image to its file's metadata.

    Raises:
        NotImplementedInFake: it is a video or an image in an unsupported format, or Pillow is
            not installed.
    """
    extension = extension_of(fold(meta.name))
    if extension not in EXTENSIONS:
        if category_of(extension) in ("image", "video"):
            raise missing(call.name, f"include_media_info of a .{extension} file")
        return
    found = photo(blob)
    if found is not None:
        about = files.PhotoMetadata(files.Dimensions(found.height, found.width))
        if found.taken is not None:
            about.time_taken = found.taken
        meta.media_info = files.MediaInfo.metadata(about)
