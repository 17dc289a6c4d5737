"""Files: paths, trees, revisions, change journals, contents.

Knows no people and no SDK types. Errors are `RouteError`s whose tags begin at the
store's own union (`WriteError`, `LookupError`); the routes put them under theirs.
"""
