"""The real file system, while a test uses one in memory (pyfakefs)."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager


@contextmanager
def real_files() -> Iterator[None]:
    """Use the real file system while in the context, such as for files that OpenSSL reads."""
    pyfakefs = sys.modules.get("pyfakefs.fake_filesystem_unittest")
    patcher = None if pyfakefs is None else pyfakefs.Patcher.PATCHER
    if patcher is None or not patcher.is_patching:
        yield
        return
    patcher.pause()
    try:
        yield
    finally:
        patcher.resume()
