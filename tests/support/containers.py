"""Containers without Docker: Linux namespaces, a read-only root file system, and another user.

A container has its own processes, the first of which is the program, its own network, and a file
system with nothing but the programs of this machine, Python, the code of this project and what a
test adds. It needs root, and the programs in `_NEEDED`.
"""

import os
import shutil
import signal
import subprocess
import sys
import time
from contextlib import contextmanager, suppress
from itertools import count
from pathlib import Path

from tests.support.project import ROOT

_NAMESPACES = ("--mount", "--pid", "--net", "--uts", "--ipc")
_NEEDED = ("unshare", "nsenter", "setpriv", "chroot", "mount", "ip", "useradd")
_SYSTEM = ("bin", "lib", "lib64", "sbin", "usr")
_ACCOUNTS = {
    "passwd": "root:x:0:0:root:/root:/bin/sh\n",
    "group": "root:x:0:\n",
    "shadow": "root:*:19000:0:99999:7:::\n",
    "gshadow": "root:*::\n",
}
_DEVICES = ("null", "random", "urandom", "zero")
_PATH = "/program:/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

_START = r"""
set -e
read go  # the network is ready
mount --make-rprivate /
mount --bind "$ROOT" "$ROOT"
cd "$ROOT"
if [ -n "$HAS_TMP" ]; then mount -t tmpfs -o mode=1777 tmpfs tmp; fi
for each in $READ_ONLY; do
    mkdir -p ".$each"
    mount --bind "$each" ".$each"
    mount -o remount,bind,ro ".$each"
done
for each in $DEVICES; do touch "dev/$each"; mount --bind "/dev/$each" "dev/$each"; done
mount -t proc proc proc
mkdir -p shared
mount --bind "$VOLUME" shared
if [ -n "$VOLUME_IS_READ_ONLY" ]; then mount -o remount,bind,ro shared; fi
mount -o remount,bind,ro .
hostname "$NAME"
exec chroot . setpriv --reuid="$ID" --regid="$ID" --clear-groups --no-new-privs \
    --inh-caps=-all --bounding-set=-all env -i PATH="$PROGRAMS" PYTHONPATH="$SOURCES" "$@"
"""
_ENTER = r"""
exec setpriv --reuid="$0" --regid="$0" --clear-groups --no-new-privs --bounding-set=-all \
    env -i PATH="$PROGRAMS" PYTHONPATH="$SOURCES" "$@"
"""

_names = count()


def reason_against():
    """Return why there can be no containers here; empty if there can."""
    if sys.platform != "linux" or os.geteuid():
        return "only root can make namespaces"
    lacking = [name for name in _NEEDED if shutil.which(name) is None]
    if lacking:
        return f"{', '.join(lacking)}: not installed"
    tried = _run(
        "unshare", *_NAMESPACES, "--fork", "mount", "-t", "tmpfs", "tmpfs", "/mnt", check=False
    )
    return "" if tried.returncode == 0 else "this system permits no new namespaces"


class Image:
    """The file system of containers: a directory that `run` changes as root, as in a Dockerfile."""

    def __init__(self, folder):
        self.root = folder / "root"
        self.sources = str(ROOT / "src")
        for name in ("dev", "etc", "home", "proc", "program", "tmp", "var"):
            (self.root / name).mkdir(parents=True)
        for name in _SYSTEM:
            if (link := Path("/", name)).is_symlink():
                (self.root / name).symlink_to(link.readlink())
        for name, text in _ACCOUNTS.items():
            (self.root / "etc" / name).write_text(text)
        program = self.root / "program" / "fakedropbox"
        command = f'exec {sys.executable} -c "from fakedropbox.cli import main; main()" "$@"'
        program.write_text(f"#!/bin/sh\n{command}\n")
        python = self.root / "program" / "python"
        python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
        for each in (program, python):
            each.chmod(0o755)

    @property
    def read_only(self):
        """The directories of this machine that containers see: the system, Python, the project."""
        system = [f"/{name}" for name in _SYSTEM if not Path("/", name).is_symlink()]
        python = {sys.prefix, sys.base_prefix, self.sources}
        return sorted([*(each for each in system if Path(each).exists()), *python])

    def run(self, command):
        """Run a command of a shell as root in the file system, which it may change."""
        mounts = "".join(
            f'mkdir -p "$0{each}" && mount --bind {each} "$0{each}"\n' for each in self.read_only
        )
        script = f'set -e\n{mounts}touch "$0/dev/null"\nmount --bind /dev/null "$0/dev/null"\n'
        script = f'{script}exec chroot "$0" sh -c "$1"'
        _run("unshare", "--mount", "sh", "-c", script, str(self.root), command)

    def id_of(self, user):
        """Return the user id of a user of the file system."""
        lines = (self.root / "etc/passwd").read_text().splitlines()
        return next(int(each.split(":")[2]) for each in lines if each.startswith(f"{user}:"))


class Container:
    """A running container; `run` runs a further command in it, as `docker exec` does."""

    def __init__(self, process, user):
        self._process = process
        self._user = user

    @property
    def first(self):
        """The process id that the first process of the container has on this machine."""
        tasks = Path(f"/proc/{self._process.pid}/task/{self._process.pid}/children")
        return int(tasks.read_text().split()[0])

    @property
    def has_ended(self):
        """True if the first process has ended."""
        return self._process.poll() is not None

    def signal(self, number):
        """Send a signal to the first process."""
        os.kill(self.first, number)

    def ended(self, seconds=60):
        """Wait for the end of the first process; return its status and its output."""
        output, _ = self._process.communicate(timeout=seconds)
        return self._process.returncode, output

    def run(self, *command):
        """Run a command in the container, and return the completed process."""
        place = f"--target={self.first}", "--all", f"--root=/proc/{self.first}/root", "--wd=/"
        words = "nsenter", *place, "sh", "-c", _ENTER, str(self._user), *command
        return _run(*words, check=False, PROGRAMS=_PATH, SOURCES=str(ROOT / "src"))


class Network:
    """A network of two containers with these names: one virtual cable, which is a veth pair."""

    def __init__(self, *names):
        self.addresses = {name: f"10.93.0.{number}" for number, name in enumerate(names, 2)}
        self._cables = {name: f"fdt{os.getpid() % 10000}x{next(_names)}" for name in names}
        first, second = self._cables.values()
        _run("ip", "link", "add", first, "type", "veth", "peer", "name", second)

    def connect(self, name, pid):
        """Move one container's end of the cable into the network namespace of a process."""
        cable = self._cables.pop(name)
        _run("ip", "link", "set", cable, "netns", str(pid))
        for words in (
            f"link set {cable} name eth0",
            f"addr add {self.addresses[name]}/24 dev eth0",
            "link set eth0 up",
        ):
            _run("nsenter", f"--target={pid}", "--net", "ip", *words.split())


def _run(*words, check=True, **environ):
    """Run a program of the system, and return the completed process."""
    return subprocess.run(  # noqa: S603 -- programs of the system
        words,
        env={"PATH": _PATH, **environ},
        capture_output=True,
        text=True,
        check=check,
    )


def _wait_for_namespaces(process):
    """Wait until a process has left the network of this one, and has a child."""
    own, other = os.readlink("/proc/self/ns/net"), f"/proc/{process.pid}"  # noqa: PTH115 -- a text
    children = Path(f"{other}/task/{process.pid}/children")
    while os.readlink(f"{other}/ns/net") == own or not children.read_text():  # noqa: PTH115 -- a text
        assert process.poll() is None
        time.sleep(0.01)


@contextmanager
def container(
    image, volume, *command, network=None, name="fakedropbox", user=1000, has_tmp=True, reads=False
):
    """Run a command as the first process of a container, which ends with the context.

    ``volume`` is the directory that is mounted at ``/shared``, read-only if it ``reads`` only.
    """
    hosts = network.addresses if network else {}
    lines = [f"{address} {each}" for each, address in (hosts or {name: "127.0.0.1"}).items()]
    (image.root / "etc/hosts").write_text("\n".join(["127.0.0.1 localhost", *lines, ""]))
    process = subprocess.Popen(  # noqa: S603 -- programs of the system
        ["unshare", *_NAMESPACES, "--fork", "sh", "-c", _START, "sh", *command],  # noqa: S607 -- any
        env={
            "PATH": _PATH,
            "PROGRAMS": _PATH,
            "ROOT": str(image.root),
            "READ_ONLY": " ".join(image.read_only),
            "DEVICES": " ".join(_DEVICES),
            "SOURCES": image.sources,
            "VOLUME": str(volume),
            "VOLUME_IS_READ_ONLY": "yes" if reads else "",
            "HAS_TMP": "yes" if has_tmp else "",
            "NAME": name,
            "ID": str(user),
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    made = Container(process, user)
    try:
        _wait_for_namespaces(process)
        _run("nsenter", f"--target={process.pid}", "--net", "ip", "link", "set", "lo", "up")
        if network is not None:
            network.connect(name, process.pid)
        process.stdin.write("go\n")
        process.stdin.flush()
        yield made
    finally:
        # Not `unshare --kill-child`, as the system forgets it when the user changes.
        with suppress(IndexError, OSError):
            made.signal(signal.SIGKILL)
        process.kill()
        process.communicate()
