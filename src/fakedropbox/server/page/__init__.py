"""The page of a server, on which a person sees what a service is asked and why it refuses.

`entry` lets a browser in, `calls`, `files` and `overview` are the panels, `why` and `copies` the
parts of one call, `rendering` the templates, and `routes` puts them together. The page only reads.
"""
