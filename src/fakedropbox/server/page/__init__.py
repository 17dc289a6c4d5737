"""The page of a server, which shows the calls of a service and why it has refused some.

`entry` lets a browser in, and `shown` is the service that it sees. `calls` and `files` are panels,
`guard` checks that a request concerns that service. `panel` is the base of the panels with actions:
`faults`, `clock`, `people`, `webhooks`, `state` and `coverage`. `rendering` has the templates, and
`routes` puts all together.
"""
