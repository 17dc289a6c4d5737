"""The contents of files by path, as a copy that cannot be changed."""

from __future__ import annotations

from typing import Any, NoReturn


class Contents(dict[str, bytes]):
    """A dict of the content of each file, which refuses changes, as these would have no effect.

    Copies of it are ordinary dicts, except those of `copy` and `pickle`.
    """

    def _refuse(self, *_args: object, **_kwargs: object) -> NoReturn:
        raise TypeError(
            "files: expected no change, since this is a copy of what is stored; put files into "
            "the account with seed_files({path: content}), or change a copy: dict(files)"
        )

    __setitem__ = __delitem__ = __ior__ = _refuse
    clear = pop = popitem = setdefault = update = _refuse

    def __reduce__(self) -> tuple[Any, ...]:
        # Without this method, `copy` and `pickle` would assign each item, which is refused.
        return type(self), (dict(self),)
