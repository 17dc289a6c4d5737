"""Options for the pytest runs that tests start."""

PLAIN = (
    *("-p", "no:randomly", "-p", "no:cacheprovider"),
    # Each of these plugins takes a while to import, and these runs do not use it.
    *("-p", "no:anyio", "-p", "no:hypothesispytest", "-p", "no:requests_mock"),
    *("-p", "no:time_machine", "-p", "no:fakefs"),
)
