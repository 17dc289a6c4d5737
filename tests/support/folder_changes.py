"""Changes of a folder by the functions that `Bench` must see, and changes elsewhere."""

# The functions themselves are tested, not those of `pathlib` that call them.
# ruff: noqa: PTH102, PTH104, PTH105, PTH106, PTH107, PTH108, PTH123, PTH211

import os
import shutil


def write_into(opened):
    """Write one byte into an opened file, and close it."""
    with os.fdopen(opened, "wb") as file:
        file.write(b"3")


# A change of a folder in which there are the file `a` and the folder `d`, by its path.
CHANGES_OF_A_FOLDER = {
    "rename": lambda at: os.rename(f"{at}a", f"{at}b"),
    "rename by keywords": lambda at: os.rename(src=f"{at}a", dst=f"{at}b"),
    "rename of bytes": lambda at: os.rename(f"{at}a".encode(), f"{at}b".encode()),
    "replace by keywords": lambda at: os.replace(src=f"{at}a", dst=f"{at}b"),
    "link by keywords": lambda at: os.link(src=f"{at}a", dst=f"{at}b"),
    "remove by keyword": lambda at: os.remove(path=f"{at}a"),
    "unlink by keyword": lambda at: os.unlink(path=f"{at}a"),
    "mkdir by keyword": lambda at: os.mkdir(path=f"{at}b"),
    "rmdir": lambda at: os.rmdir(f"{at}d"),
    "rmtree by keyword": lambda at: shutil.rmtree(path=f"{at}d"),
    "utime": lambda at: os.utime(f"{at}a", (1, 1)),
    "symlink": lambda at: os.symlink("a", f"{at}b"),
    "symlink by keywords": lambda at: os.symlink(src="a", dst=f"{at}b"),
    "truncate": lambda at: os.truncate(f"{at}a", 1),
    "open of bytes": lambda at: open(f"{at}b".encode(), "w").close(),
    "open by keywords": lambda at: open(file=f"{at}b", mode="w").close(),
    "os.open to write": lambda at: write_into(os.open(f"{at}a", os.O_WRONLY)),
    "os.open to read and write": lambda at: write_into(os.open(f"{at}a", os.O_RDWR)),
    "os.open by keywords": lambda at: os.close(
        os.open(path=f"{at}b", flags=os.O_CREAT | os.O_WRONLY, mode=0o600)
    ),
    "os.open with a mode": lambda at: os.close(
        os.open(f"{at}b", os.O_CREAT | os.O_WRONLY, mode=0o600)
    ),
}


def look_at(folder):
    """Return all that can be seen of a folder."""
    found = {}
    for path in folder.rglob("*"):
        status = path.lstat()
        content = path.read_bytes() if path.is_file() else None
        found[path] = (status.st_mode, status.st_mtime_ns, content)
    return found


def tried_elsewhere(folder, beside, file):
    """Change a folder, and one whose name begins like that of the folder under test; read a file.

    Args:
        folder: an empty folder.
        beside: a path at which nothing is.
        file: the path of a file to read.
    """
    for path in (f"{folder}/x", beside):
        os.mkdir(path)
        os.rename(src=path, dst=f"{path}y")
        os.rmdir(f"{path}y")
    os.symlink(file, f"{folder}/link")
    os.close(os.open(path=file, flags=os.O_RDONLY))
    with open(file=file) as opened:
        opened.read()
    with open(file=f"{folder}/c", mode="w"):
        pass
