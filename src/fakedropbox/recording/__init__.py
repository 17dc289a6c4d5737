"""Recordings of a program's exchanges with Dropbox, with nothing in them that is nobody's business.

Each line of a recording is a JSON object: ``cassette``, ``step``, ``method``, ``host``, ``path``,
``query``?, ``api_arg``?, ``dropbox_api_path_root``?, ``content_type``, ``body``?, ``response``
(``status``, ``reason``, ``headers``, ``body``) and ``date``. A body ``{"bytes": n}`` stands for n
bytes that are not shown. A forked process has a cassette of its own, named after its number.

What is kept: paths and names of files, hashes and sizes, times, and contents of at most 32
printable characters. What is replaced, the same value by the same stand-in: tokens, keys,
passwords and codes, ids of accounts, teams, groups, namespaces, templates and files, revisions,
cursors, sessions, jobs, references and links, people's and teams' names and addresses, and
thumbnails and excerpts of files. Where a picture was taken is 0, 0. No header is kept but those
in `HEADERS`.
"""

from fakedropbox.recording._recorder import HEADERS, Recorder, recording, start

__all__ = ["HEADERS", "Recorder", "recording", "start"]
