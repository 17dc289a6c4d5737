"""A call of the SDK for processes that a test starts."""

import socket


def error_of_the_sdk():
    """Return the type and text of the error with which a call of the SDK ends.

    If the call gets as far as a DNS look-up, it fails there, and does not reach Dropbox.
    """
    socket.getaddrinfo = None
    import dropbox

    try:
        dropbox.Dropbox("sl.REAL").files_delete_v2("/everything")
    except Exception as error:  # noqa: BLE001 -- any error is an answer
        return type(error).__name__, str(error)
    return None
