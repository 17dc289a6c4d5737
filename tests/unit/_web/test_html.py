"""Tests of the templates: Jinja is imported late, and works while pyfakefs is active."""

import ast
import subprocess
import sys

import pytest
from jinja2 import UndefinedError

from fakedropbox._web import error_page
from fakedropbox._web.html import rendered

USE = """
import sys
from fakedropbox import FakeDropboxService
service = FakeDropboxService(files={"/a <b>.txt": b"1"})
link = service.client().sharing_create_shared_link_with_settings("/a <b>.txt")
"""
SHOW = """
with service.session() as session:
    page = session.get(link.url)
print((page.status_code, page.text.count("a &lt;b&gt;.txt")))
"""
BEFORE = "from pyfakefs.fake_filesystem_unittest import Patcher\n"


def printed(code):
    """Return the values that a new interpreter prints."""
    run = subprocess.run(  # noqa: S603 -- this very interpreter
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    )
    return [ast.literal_eval(line) for line in run.stdout.splitlines()]


def test_jinja_is_imported_when_the_first_page_is_shown():
    loaded = "print('jinja2' in sys.modules)\n"
    assert printed(USE + loaded + SHOW + loaded) == [False, (200, 2), True]


FIRST, LATER = f"{BEFORE}{USE}", "\nwith Patcher():" + SHOW.replace("\n", "\n    ")


@pytest.mark.parametrize(
    "code",
    [
        f"{BEFORE}with Patcher():" + (USE + SHOW).replace("\n", "\n    "),
        FIRST + LATER,
        FIRST + LATER + LATER,
        FIRST + SHOW + LATER,
        FIRST + LATER + SHOW,
    ],
    ids=["everything", "first page", "two fake disks", "second page", "before and after"],
)
def test_a_page_can_be_shown_with_pyfakefs(code):
    assert set(printed(code)) == {(200, 2)}


def test_a_page_escapes_its_text():
    assert "<p>&lt;b&gt; &#34;it&#39;s&#34;</p>" in error_page(400, '<b> "it\'s"').text


def test_a_template_without_one_of_its_values_is_an_error():
    with pytest.raises(UndefinedError, match="text"):
        rendered("error.html", title="x", status=400)
