"""The third door: the same service over HTTPS, for any language and any process."""

try:
    import starlette  # noqa: F401 -- the three are only looked for
    import trustme  # noqa: F401 -- the same
    import uvicorn  # noqa: F401 -- the same
except ImportError as missing:
    raise ImportError(
        f"fakedropbox.server: {missing}: expected the extra `server`: "
        "pip install 'fakedropbox[server]'"
    ) from missing
