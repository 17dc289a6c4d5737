"""A copy of a folder that is kept up to date by the entries of listings alone."""

from dropbox.files import DeletedMetadata, FileMetadata


class Mirror:
    """What a client does that follows the documentation of `ListFolderResult`."""

    def __init__(self):
        self.entries = {}

    def apply(self, entries):
        for entry in entries:
            path = entry.path_lower
            if isinstance(entry, (DeletedMetadata, FileMetadata)):
                below = [known for known in self.entries if known.startswith(f"{path}/")]
                for known in (*below, path):
                    self.entries.pop(known, None)
            if not isinstance(entry, DeletedMetadata):
                self.entries[path] = identity(entry)


def identity(entry):
    """What must be right; a change of case alone is never told (F6.2-10)."""
    return type(entry).__name__, entry.id, getattr(entry, "rev", None)
