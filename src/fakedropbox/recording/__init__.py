"""Recordings of a program's exchanges with Dropbox, without secrets and personal data.

- `recording`: a context manager that records every exchange with Dropbox in this process
- `start`: a function that begins to record, and returns a function that ends it
- `Recorder`: a recorder, which appends exchanges to a file
- `HEADERS`: the headers of responses that are kept
- `replay`: a function that sends recorded requests to a service, and compares the responses
- `ReplayReport`: the report on a replay
- `ReplayedExchange`: the outcome of one exchange of a replay
- `ResponseDifference`: a difference between a response and the recorded one
- `UnreadableRecording`: the error about a file that is not a recording

Each line of a recording is a JSON object (? marks optional keys): ``cassette``, ``step``,
``method``, ``host``, ``path``, ``query``?, ``api_arg``?, ``dropbox_api_path_root``?,
``login``?, ``authorization``?, ``content_type``, ``body``?, ``response`` (``status``, ``reason``,
``headers``, ``body``) and ``date``. A forked process has a cassette of its own, named after its
process id. The file is created for its owner only.

A value is kept only if its type in the SDK says that it is the path of a file, a tag, a truth
value, a count, a size
or another measure, or the time of a call or a file. Names of files are kept if
they are a part of a path that was kept, and so are searches for them. Summaries of errors and the
known texts of status 400 are kept, but not the values that they quote. Everything else is replaced:
texts, names of unknown fields, ids, revisions, cursors, contents and their hashes, links,
addresses, credentials, places, times of people's actions, and all headers that are not in
`HEADERS`. The stand-in has the form of the value, and equal values have the same one within a run.

Paths are kept as they are: a secret in the path or name of a file is in the recording.

A stand-in for the content of a file is ``{"bytes": n, "number": k}``: n bytes that begin with the
number k, in little-endian order, and go on with zeros. The hash of recorded content is replaced by
the hash of the stand-in.

``login`` is the stand-in of the access token of a request: each login has another one.
``authorization`` is ``Basic`` if the request has the key and the secret of an app instead.
"""

from typing import TYPE_CHECKING

from fakedropbox._base.public import refusing
from fakedropbox.recording._comparison import ResponseDifference
from fakedropbox.recording._reading import UnreadableRecording
from fakedropbox.recording._recorder import Recorder, recording, start
from fakedropbox.recording._replay import ReplayedExchange, ReplayReport, replay
from fakedropbox.recording._rows import HEADERS

__all__ = [
    "HEADERS",
    "Recorder",
    "ReplayReport",
    "ReplayedExchange",
    "ResponseDifference",
    "UnreadableRecording",
    "recording",
    "replay",
    "start",
]

if not TYPE_CHECKING:  # type checkers would accept any name of the module
    __getattr__ = refusing(__name__)
