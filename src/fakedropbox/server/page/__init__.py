"""The page of a server, on which a person sees what a service is asked and why it refuses.

`entry` lets a browser in, and `shown` is the service that it sees. `calls` and `files` are panels,
`guard` checks that a request concerns that service. `panel` is the base of the panels with actions:
`faults`, `clock`, `people`, `webhooks`, `state` and `coverage`. `rendering` has the templates, and
`routes` puts all together.
"""
