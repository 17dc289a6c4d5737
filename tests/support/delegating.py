"""A provider that inherits from none of our providers, but passes every call on to one."""

from __future__ import annotations

from typing import Any

from dropspool.providers.base import StorageProvider
from dropspool.testing import Subject


def _passed_on(name: str) -> Any:
    def call(self: Any, *arguments: Any, **options: Any) -> Any:
        self._inner.is_active = self.is_active
        return getattr(self._inner, name)(*arguments, **options)

    return call


class _Base(StorageProvider):
    def __init__(self, inner: StorageProvider) -> None:
        super().__init__(inner.name, inner.is_active)
        self._inner = inner
        self.lease_seconds = inner.lease_seconds
        self.max_attempts = inner.max_attempts


METHODS = {
    name
    for name in vars(StorageProvider)
    if not name.startswith("_") and callable(getattr(StorageProvider, name))
}
DelegatingProvider: Any = type(
    "DelegatingProvider", (_Base,), {name: _passed_on(name) for name in METHODS}
)


class Delegating(Subject):
    """A subject whose providers only delegate to those of the next class in the MRO."""

    def make_provider(self, bench: Any, clock: Any) -> StorageProvider:
        """Return the delegating provider."""
        return DelegatingProvider(super().make_provider(bench, clock))
