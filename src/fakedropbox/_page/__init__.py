"""The parts of the page that need no server, and that also make the dump of a failed test.

`calls` and `files` say what is shown of a call and of an account's files, `why`, `hints` and
`copies` are parts of one call, `templates` turns all of it into HTML, and `dump` into one HTML
file.
"""
