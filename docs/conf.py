"""The configuration of the documentation's site.

From the root of the repository, without a network once the extra ``docs`` is installed:

    python -m sphinx -W --keep-going -b html docs build/docs
"""

import sys
from pathlib import Path

import fakedropbox

sys.path.insert(0, str(Path(__file__).parent / "_ext"))

project = "fakedropbox"
version = release = fakedropbox.__version__
language = "en"

extensions = ["myst_parser", "sphinx.ext.autodoc", "site_extension"]
source_suffix = {".md": "markdown"}

myst_enable_extensions = ["attrs_block", "colon_fence", "deflist"]
myst_heading_anchors = 3

default_role = "py:obj"  # a name in backticks in a docstring is a link where there is one
autodoc_default_options = {"members": True, "undoc-members": False}
autodoc_member_order = "bysource"
autodoc_preserve_defaults = True
python_use_unqualified_type_names = True
python_maximum_signature_line_length = 88
toc_object_entries_show_parents = "hide"

nitpicky = True
nitpick_ignore_regex = [
    # Backticks in docstrings are also used for what is not a Python name.
    ("py:obj", ".*"),
    # There are no links to the references of other projects, as the build uses no network.
    ("py:.*", r"(collections|click|contextlib|concurrent|datetime|dropbox|hypothesis)\..*"),
    ("py:.*", r"(pathlib|pydantic|pytest|requests|stone|threading|typing|typing_extensions)\..*"),
    ("py:.*", r"(random|types|unittest)\..*"),
    ("py:class", r"[a-z]\w+|NoneType|SearchStrategy|AnyService|Kind|P|.*\.[A-Z]\w*T"),
    # Names of ours that are on no page of the reference.
    ("py:class", r"fakedropbox\.mock\.\w+|fakedropbox\._\w+\..*|fakedropbox\.simulate\._\w+\..*"),
    ("py:.*", r"fakedropbox\.server\..*|StateRefused"),
    ("py:class", r"dropspool\.providers\._\w+\..*"),
]

html_theme = "furo"
html_title = f"fakedropbox {release}"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_show_sourcelink = False
html_show_copyright = False
html_copy_source = False
html_theme_options = {"navigation_with_keys": True}
pygments_style = "tango"
pygments_dark_style = "monokai"
