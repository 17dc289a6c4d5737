"""Files: paths, trees, revisions, change journals, contents.

Nothing here depends on accounts or SDK types. Errors are `RouteError`s with the tags of the
innermost union, such as `WriteError` or `LookupError`; the routes prepend the tags of their own.
"""
