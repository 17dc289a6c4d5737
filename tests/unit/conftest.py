"""What holds for every test here: nothing waits in real time, nothing leaves the machine."""

import ipaddress
import socket
import sys
import time

import pytest

pytest.register_assert_rewrite("tests.support.both_doors")

_SLEEPERS = ("dropbox", "dropspool", "fakedropbox", "requests", "urllib3")


@pytest.fixture(autouse=True)
def _no_waiting(monkeypatch):
    sleep = time.sleep

    def refused_to_ours(seconds):
        caller = sys._getframe(1).f_globals.get("__name__", "")
        if caller.partition(".")[0] in _SLEEPERS:
            raise AssertionError(f"{caller} sleeps {seconds} real seconds")
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", refused_to_ours)


@pytest.fixture(autouse=True)
def sent(monkeypatch):
    """Every address that something tried to connect to; only this machine answers."""
    tried = []
    connects = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}

    def only_here(name):
        def connect(self, address):
            tried.append(address)
            if isinstance(address, tuple) and not _is_here(address[0]):
                raise AssertionError(f"something connects to {address}")
            return connects[name](self, address)

        return connect

    for name in connects:
        monkeypatch.setattr(socket.socket, name, only_here(name))
    return tried


def _is_here(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
