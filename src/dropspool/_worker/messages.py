"""The text of an executor's error that the user of the job may read."""

from __future__ import annotations

import re

from dropspool.schemas import MESSAGE_LIMIT

# A quoted text that contains a slash or a backslash, and any other word that does. Each pattern
# takes a time proportional to the length of the text: it begins at a quote or at a word's start.
_QUOTED_PATH = re.compile(r"""(['"])[^'"/\\]*[/\\][^'"]*\1""")
_PATH = re.compile(r"(?<!\S)[^\s/\\]*[/\\]\S*")
_HIDDEN = "…"


def message_for_user(error: BaseException) -> str:
    """Return the type and the text of an error, without file paths, which users must not see."""
    text = _PATH.sub(_HIDDEN, _QUOTED_PATH.sub(_HIDDEN, _text(error)))
    # A lone surrogate, as in the name of a file that is not UTF-8, cannot be read back as text.
    return f"{type(error).__name__}: {text}"[:MESSAGE_LIMIT].encode(errors="replace").decode()


def _text(error: BaseException) -> str:
    try:
        if isinstance(error, OSError) and error.strerror:
            return str(error.strerror)
        return str(error)
    except BaseException as failure:  # noqa: BLE001 -- `__str__` is code of the executor, too
        return f"its text cannot be shown ({type(failure).__name__})"
