"""Recordings of a program's exchanges with Dropbox, without secrets and personal data.

- `recording`: a context manager that records every exchange with Dropbox in this process
- `start`: a function that begins to record, and returns a function that ends it
- `Recorder`: a recorder, which appends exchanges to a file
- `HEADERS`: the headers of responses that are kept

Each line of a recording is a JSON object (? marks optional keys): ``cassette``, ``step``,
``method``, ``host``, ``path``, ``query``?, ``api_arg``?, ``dropbox_api_path_root``?,
``content_type``, ``body``?, ``response`` (``status``, ``reason``, ``headers``, ``body``) and
``date``. A body ``{"bytes": n}`` stands for n bytes that were left out. A forked process has a
cassette of its own, named after its process id.

Paths and names of files, hashes and sizes, times, and data of at most 32 printable characters are
kept. Tokens, keys, passwords and codes, ids of accounts, teams, groups, namespaces, templates and
files, revisions, cursors, sessions, jobs, references and links, names and addresses of people and
teams, and thumbnails and excerpts of files are replaced; the same value always gets the same
placeholder. The coordinates of a picture become 0, 0. Of the headers of responses only
those in `HEADERS` are kept.
"""

from fakedropbox.recording._recorder import HEADERS, Recorder, recording, start

__all__ = ["HEADERS", "Recorder", "recording", "start"]
