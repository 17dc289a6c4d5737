"""The third door: a server of the same service over HTTPS, for any language and any process."""

try:
    import starlette  # noqa: F401 -- imported only to see if it is installed
    import trustme  # noqa: F401 -- the same
    import uvicorn  # noqa: F401 -- the same
except ImportError as missing:
    raise ImportError(
        f"fakedropbox.server: {missing}: the extra `server` is not installed; "
        "pip install 'fakedropbox[server]'"
    ) from missing
