"""The arguments without a default that each kind of fault needs."""

from fakedropbox._api.error_tags import chains_of
from fakedropbox._api.registry import SDK_ROUTES


def needed_by(kind, route="files/*"):
    """Return the arguments that a kind of fault needs besides a route."""
    found = {}
    if "seconds" in kind.__dataclass_fields__:
        found["seconds"] = 2.5
    if "tags" in kind.__dataclass_fields__:
        some_route = "files/get_metadata" if "*" in route else route
        found["tags"] = chains_of(SDK_ROUTES[some_route].error_type)[0]
    return found
