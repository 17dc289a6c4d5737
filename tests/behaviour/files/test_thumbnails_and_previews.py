"""Tests of thumbnails, media info and previews (F5-06, F5-07)."""

import base64
import contextlib
import io
import json
import random
import struct
import sys
import zlib

import pytest
from dropbox.exceptions import ApiError
from dropbox.files import (
    PathOrLink,
    ThumbnailArg,
    ThumbnailFormat,
    WriteMode,
)
from dropbox.files import ThumbnailMode as Mode
from dropbox.files import ThumbnailSize as Size
from tests.support.doors import chain, newer_sdk, refusal

from fakedropbox import FakeDropboxService, NotImplementedInFake

RED, CLEAR = (255, 0, 0, 255), (0, 0, 0, 0)


@pytest.fixture(scope="module")
def pil():
    return pytest.importorskip("PIL.Image")


@pytest.fixture(scope="module")
def picture(pil):
    """A function that returns an image: red on the left, transparent or black on the right."""

    def make(size=(200, 100), form="PNG", mode="RGBA", **options):
        image = pil.new("RGBA", size, CLEAR)
        image.paste(RED, (0, 0, size[0] // 2, size[1]))
        buffer = io.BytesIO()
        image.convert(mode).save(buffer, form, **options)
        return buffer.getvalue()

    return make


def open_image(pil, content):
    return pil.open(io.BytesIO(content))


@pytest.mark.evidence("F5-06")
@pytest.mark.parametrize(
    ("name", "form", "mode"),
    [
        ("a.png", "PNG", "RGBA"),
        ("a.JPG", "JPEG", "RGB"),
        ("a.jpeg", "JPEG", "L"),
        ("a.webp", "WEBP", "RGBA"),
        ("a.gif", "GIF", "P"),
        ("a.bmp", "BMP", "RGB"),
        ("a.tif", "TIFF", "CMYK"),
        ("a.tiff", "TIFF", "RGBA"),
        ("a.ppm", "PPM", "RGB"),
    ],
)
def test_a_thumbnail_can_be_made_from_each_image_format(dbx, pil, picture, name, form, mode):
    data = picture(form=form, mode=mode)
    dbx.files_upload(data, f"/{name}")
    meta, response = dbx.files_get_thumbnail(f"/{name}")
    assert meta == dbx.files_get_metadata(f"/{name}")
    thumbnail = open_image(pil, response.content)
    assert (thumbnail.format, thumbnail.size) == ("JPEG", (64, 32))
    red = thumbnail.convert("RGB").getpixel((5, 16))
    if mode != "L":
        assert (red[0] > 200, red[1] < 60) == (True, True), red
    assert dbx.files_download(f"/{name}")[1].content == data


@pytest.mark.parametrize(
    ("size", "mode", "box", "expected"),
    [
        ((200, 100), Mode.strict, Size.w64h64, (64, 32)),
        ((100, 200), Mode.strict, Size.w64h64, (32, 64)),
        ((1000, 2000), Mode.strict, Size.w640h480, (240, 480)),
        ((1000, 2000), Mode.bestfit, Size.w640h480, (320, 640)),
        ((2000, 1000), Mode.bestfit, Size.w640h480, (640, 320)),
        ((2000, 1000), Mode.fitone_bestfit, Size.w640h480, (960, 480)),
        ((1000, 2000), Mode.fitone_bestfit, Size.w640h480, (480, 960)),
        ((200, 100), Mode.strict, Size.w1024h768, (200, 100)),  # an image is never enlarged
        ((200, 100), Mode.fitone_bestfit, Size.w1024h768, (200, 100)),
        ((2000, 1), Mode.strict, Size.w32h32, (32, 1)),
    ],
)
def test_the_dimensions_of_a_thumbnail_depend_on_size_and_mode(
    dbx, pil, picture, size, mode, box, expected
):
    dbx.files_upload(picture(size), "/a.png")
    response = dbx.files_get_thumbnail("/a.png", size=box, mode=mode)[1]
    assert open_image(pil, response.content).size == expected


@newer_sdk(hasattr(Mode, "original"), "original mode")
def test_the_original_mode_keeps_the_size(dbx, pil, picture):
    dbx.files_upload(picture(), "/a.png")
    response = dbx.files_get_thumbnail("/a.png", size=Size.w32h32, mode=Mode.original)[1]
    assert open_image(pil, response.content).size == (200, 100)


@newer_sdk("webp" in ThumbnailFormat._tagmap, "WebP thumbnails and no transparency")
@pytest.mark.parametrize("form", ["jpeg", "png", "webp"])
def test_a_thumbnail_has_the_requested_format(dbx, pil, picture, form):
    dbx.files_upload(picture(), "/a.png")
    wanted = ThumbnailFormat(form)
    plain = open_image(pil, dbx.files_get_thumbnail("/a.png", format=wanted)[1].content)
    assert (plain.format, plain.mode) == (form.upper(), "RGB")
    assert plain.getpixel((60, 16))[1] > 240  # transparent areas become white
    path = PathOrLink.path("/a.png")
    if form == "jpeg":
        args = (path, wanted, Size.w64h64, Mode.strict, None, True)
        assert refusal(dbx.files_get_thumbnail_v2, *args) == "unsupported_output_format"
        return
    result, response = dbx.files_get_thumbnail_v2(path, format=wanted, preserve_transparency=True)
    assert result.file_metadata == dbx.files_get_metadata("/a.png")
    assert open_image(pil, response.content).convert("RGBA").getpixel((60, 16))[3] == 0


def test_a_thumbnail_follows_the_exif_orientation(dbx, pil, picture):
    data = picture(form="JPEG", mode="RGB", exif=rotated_exif(pil))
    dbx.files_upload(data, "/a.jpg")
    response = dbx.files_get_thumbnail("/a.jpg")[1]
    assert open_image(pil, response.content).size == (32, 64)


def rotated_exif(pil):
    exif = pil.Exif()
    exif[0x0112] = 6
    return exif.tobytes()


@pytest.mark.dropbox(allow_not_implemented=True)
def test_media_info_has_dimensions_and_time(dbx, pil, picture, wire):
    exif = pil.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2013:01:10 22:10:13"
    dbx.files_upload(picture((70, 50), "JPEG", "RGB", exif=exif.tobytes()), "/a.jpg")
    dbx.files_upload(picture((30, 20)), "/b.png")
    dbx.files_upload(b"no image", "/c.png")
    arg = {"path": "/a.jpg", "include_media_info": True}
    assert wire.rpc("files/get_metadata", arg).json()["media_info"] == {
        ".tag": "metadata",
        "metadata": {
            ".tag": "photo",
            "dimensions": {"height": 50, "width": 70},
            "time_taken": "2013-01-10T22:10:13Z",
        },
    }
    about = dbx.files_get_metadata("/b.png", include_media_info=True).media_info.get_metadata()
    assert (about.dimensions.width, about.time_taken) == (30, None)
    assert dbx.files_get_metadata("/c.png", include_media_info=True).media_info is None
    assert dbx.files_get_metadata("/a.jpg").media_info is None
    for name in ("/v.mp4", "/p.heic"):
        dbx.files_upload(b"", name)
        with pytest.raises(NotImplementedInFake, match="include_media_info of a "):
            dbx.files_get_metadata(name, include_media_info=True)


@pytest.mark.evidence("F5-06")
def test_files_without_a_thumbnail_are_refused(dbx, picture, monkeypatch):
    data = picture()
    dbx.files_upload(data, "/a.txt")
    dbx.files_upload(b"text", "/b.png")
    dbx.files_upload(data[:-40], "/c.png")
    dbx.files_upload(data, "/d.png")
    dbx.files_create_folder_v2("/e.png")
    monkeypatch.setattr("fakedropbox._files.thumbnails.THUMBNAIL_BYTES", len(data))
    assert dbx.files_get_thumbnail("/d.png")[1].content
    monkeypatch.setattr("fakedropbox._files.thumbnails.THUMBNAIL_BYTES", len(data) - 1)
    for path, expected in [
        ("/a.txt", "unsupported_extension"),
        ("/b.png", "unsupported_image"),
        ("/c.png", "conversion_error"),
        ("/d.png", "unsupported_image"),
        ("/e.png", "path/not_file"),
        ("/none.png", "path/not_found"),
    ]:
        assert refusal(dbx.files_get_thumbnail, path) == expected
        assert refusal(dbx.files_get_thumbnail_v2, PathOrLink.path(path)) == expected


def png_of_size(width, height, pixels=b""):
    """Return a PNG with these dimensions and hardly any data, unless ``pixels`` are given."""

    def chunk(kind, data):
        checked = kind + data
        return struct.pack(">I", len(data)) + checked + struct.pack(">I", zlib.crc32(checked))

    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    data = chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")
    return b"\x89PNG\r\n\x1a\n" + data


@pytest.mark.parametrize("side", [12_000, 20_000, 2**31 - 1])
def test_a_huge_image_cannot_be_converted(dbx, pil, side):
    dbx.files_upload(png_of_size(side, side), "/a.png")
    assert refusal(dbx.files_get_thumbnail, "/a.png") == "conversion_error"
    assert dbx.files_get_metadata("/a.png", include_media_info=True).size > 0


@newer_sdk(hasattr(Mode, "original"), "original mode")
@pytest.mark.parametrize("size", [(70_000, 1), (1, 70_000)])
def test_an_image_that_is_too_long_for_a_format_cannot_be_converted_to_it(dbx, pil, size):
    dbx.files_upload(png_of_size(*size, b"\0" * (3 * size[0] * size[1] + size[1])), "/a.png")
    resource = PathOrLink.path("/a.png")
    for form in sorted({"jpeg", "webp"} & ThumbnailFormat._tagmap.keys()):
        options = {"format": ThumbnailFormat(form), "mode": Mode("original")}
        refused = refusal(dbx.files_get_thumbnail_v2, resource, **options)
        assert refused == "conversion_error"
    assert dbx.files_get_thumbnail_v2(resource)[1].content


@pytest.mark.parametrize(("year", "is_kept"), [("0001", False), ("0999", False), ("1000", True)])
def test_a_photo_has_no_time_before_the_year_1000(dbx, pil, year, is_kept):
    exif, made = pil.Exif(), io.BytesIO()
    exif.get_ifd(0x8769)[0x9003] = f"{year}:01:01 00:00:00"
    pil.new("RGB", (9, 9)).save(made, "JPEG", exif=exif)
    dbx.files_upload(made.getvalue(), "/a.jpg")
    about = dbx.files_get_metadata("/a.jpg", include_media_info=True).media_info.get_metadata()
    assert (about.time_taken is not None) == is_kept


def test_a_truncated_image_has_dimensions_but_no_thumbnail(dbx, picture):
    data = picture((300, 200))
    dbx.files_upload(data[: len(data) // 2], "/a.png")
    about = dbx.files_get_metadata("/a.png", include_media_info=True).media_info.get_metadata()
    assert (about.dimensions.width, about.dimensions.height) == (300, 200)
    assert refusal(dbx.files_get_thumbnail, "/a.png") == "conversion_error"


FORMATS = {"jpg": "JPEG", "png": "PNG", "tiff": "TIFF", "gif": "GIF", "webp": "WEBP"} | {
    "ppm": "PPM",
    "bmp": "BMP",
}


@pytest.mark.untraced
@pytest.mark.parametrize("extension", FORMATS)
def test_a_damaged_image_of_each_format_causes_no_unexpected_error(pil, picture, extension):
    """Check that damaged data gives metadata, and a thumbnail or an `ApiError`; no other error."""
    exif = pil.Exif()
    exif.get_ifd(0x8769)[0x9003] = "2013:01:10 22:10:13"
    options = {"exif": exif.tobytes()} if extension in ("jpg", "png", "webp") else {}
    whole = picture((40, 30), FORMATS[extension], "RGB", **options)
    dbx = FakeDropboxService().client()
    chance = random.Random(extension)  # noqa: S311 -- the same damage in each run
    for _ in range(60):
        data = bytearray(whole[: chance.randrange(8, len(whole) + 1)])
        for _ in range(chance.randrange(4)):
            data[chance.randrange(len(data))] = chance.randrange(256)
        dbx.files_upload(bytes(data), f"/a.{extension}", mode=WriteMode.overwrite)
        dbx.files_get_metadata(f"/a.{extension}", include_media_info=True)
        with contextlib.suppress(ApiError):
            dbx.files_get_thumbnail(f"/a.{extension}")


@pytest.mark.evidence("F5-06", "F5-07")
def test_a_batch_returns_a_thumbnail_or_an_error_for_each_of_25_entries(dbx, pil, picture):
    dbx.files_upload(picture(), "/a.png")
    entries = [ThumbnailArg("/a.png"), ThumbnailArg("/none.png"), ThumbnailArg("/a.png")]
    first, second, third = dbx.files_get_thumbnail_batch(entries).entries
    data = first.get_success()
    assert data.metadata == dbx.files_get_metadata("/a.png")
    thumbnail = base64.b64decode(data.thumbnail)
    assert open_image(pil, thumbnail).size == (64, 32)
    assert chain(second.get_failure()) == "path/not_found"
    assert third.get_success().thumbnail == data.thumbnail
    dbx.files_get_thumbnail_batch(entries[1:2] * 25)
    assert refusal(dbx.files_get_thumbnail_batch, entries[1:2] * 26) == "too_many_files"


@pytest.mark.dropbox(allow_not_implemented=True)
def test_the_error_names_the_extra_if_pillow_is_not_installed(dbx, monkeypatch):
    dbx.files_upload(b"x", "/a.png")
    monkeypatch.setitem(sys.modules, "PIL.Image", None)
    with pytest.raises(NotImplementedInFake, match=r"pip install 'fakedropbox\[images\]'"):
        dbx.files_get_thumbnail("/a.png")


@pytest.mark.evidence("F5-06")
@pytest.mark.dropbox(
    files={"/a (1) é.docx": b"x", "/t.csv": b"a,<b>\r\n1,2\r\n", "/u.csv": b"\xff", "/x.XLSX": b""}
)
def test_previews_are_pdf_or_html(dbx):
    meta, response = dbx.files_get_preview("/a (1) é.docx")
    assert meta == dbx.files_get_metadata("/a (1) é.docx")
    assert response.content.startswith(b"%PDF-1.4\n")
    assert b"(a \\(1\\) \xe9.docx) Tj" in response.content
    start = int(response.content.split(b"startxref\n")[1].split()[0])
    assert response.content[start:].startswith(b"xref\n0 6\n")
    page = dbx.files_get_preview("/t.csv")[1].text
    assert "<tr><td>a</td><td>&lt;b&gt;</td></tr><tr><td>1</td><td>2</td></tr>" in page
    assert "x.XLSX" in dbx.files_get_preview("/x.xlsx")[1].text
    assert dbx.files_get_preview("/moved", rev=meta.rev)[0] == meta
    assert dbx.files_get_preview(f"rev:{meta.rev}")[0] == meta
    assert refusal(dbx.files_get_preview, "/u.csv") == "unsupported_content"
    assert refusal(dbx.files_get_preview, "/none.docx") == "path/not_found"
    dbx.files_move_v2("/t.csv", "/t.txt")
    assert refusal(dbx.files_get_preview, "/t.txt") == "unsupported_extension"


@pytest.mark.evidence("F5-06", "F1.1-05")
def test_a_thumbnail_over_http_has_the_headers_of_dropbox_and_supports_ranges(wire, picture):
    wire.upload({"path": "/a.png"}, picture())
    host = "https://content.dropboxapi.com/2/files/"
    headers = {"Dropbox-API-Arg": json.dumps({"path": "/a.png"})}
    reply = wire.send(f"{host}get_thumbnail", None, headers)
    meta = json.loads(reply.headers["Dropbox-API-Result"])
    assert (meta["name"], ".tag" in meta) == ("a.png", False)
    assert reply.headers["Content-Type"] == "application/octet-stream"
    assert reply.headers["Accept-Ranges"] == "bytes"
    part = wire.send(f"{host}get_thumbnail", None, {**headers, "Range": "bytes=2-5"})
    assert (part.status_code, part.content) == (206, reply.content[2:6])
    arg = {"resource": {".tag": "path", "path": "/a.png"}}
    second = wire.send(f"{host}get_thumbnail_v2", None, {"Dropbox-API-Arg": json.dumps(arg)})
    assert json.loads(second.headers["Dropbox-API-Result"]) == {"file_metadata": meta}
    body = json.dumps({"entries": [{"path": "/none.png"}]})
    batch = wire.send(f"{host}get_thumbnail_batch", body, {"Content-Type": "application/json"})
    assert batch.json() == {
        "entries": [{".tag": "failure", "failure": {".tag": "path", "path": {".tag": "not_found"}}}]
    }
    elsewhere = wire.rpc("files/get_thumbnail_batch", {"entries": []})
    assert (elsewhere.status_code, "Unknown API function" in elsewhere.text) == (400, True)
