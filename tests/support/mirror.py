"""A mirror of a folder, which is kept by the entries of listings alone."""

from dropbox.files import DeletedMetadata, FileMetadata


class Mirror:
    """A mirror of a folder, updated as the documentation of `ListFolderResult` describes."""

    def __init__(self):
        self.entries = {}

    def apply(self, entries):
        """Update the mirror by the entries of a page."""
        for entry in entries:
            path = entry.path_lower
            if isinstance(entry, (DeletedMetadata, FileMetadata)):
                below = [known for known in self.entries if known.startswith(f"{path}/")]
                for known in (*below, path):
                    self.entries.pop(known, None)
            if not isinstance(entry, DeletedMetadata):
                self.entries[path] = identity(entry)


def identity(entry):
    """Return type, id and rev of an entry; no path, as its case may change unreported (F6.2-10)."""
    return type(entry).__name__, entry.id, getattr(entry, "rev", None)
