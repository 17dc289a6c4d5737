"""The page of a server, on which a person sees what a service is asked and why it refuses.

`entry` lets a browser in, `calls` has the routes of the panel of calls, `why` and `copies` the
parts of one call, `rendering` the templates. The page only reads.
"""
