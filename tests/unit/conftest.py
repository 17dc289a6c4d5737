"""Fixtures for every test here: no real sleep, and no connection to other machines."""

import ipaddress
import socket
import sys
import time

import pytest

_NO_SLEEP_MODULES = ("dropbox", "dropspool", "fakedropbox", "requests", "urllib3")


@pytest.fixture(autouse=True)
def _no_real_sleep(monkeypatch):
    sleep = time.sleep

    def checked_sleep(seconds):
        caller = sys._getframe(1).f_globals.get("__name__", "")
        if caller.partition(".")[0] in _NO_SLEEP_MODULES:
            raise AssertionError(f"{caller}: expected no real sleep, got time.sleep({seconds})")
        sleep(seconds)

    monkeypatch.setattr(time, "sleep", checked_sleep)


@pytest.fixture(autouse=True)
def connect_attempts(monkeypatch):
    """The addresses of all attempts to connect; only those on this machine are allowed."""
    attempts = []
    connects = {name: getattr(socket.socket, name) for name in ("connect", "connect_ex")}

    def checked(name):
        def connect(self, address):
            attempts.append(address)
            if isinstance(address, tuple) and not _is_this_machine(address[0]):
                raise AssertionError(f"expected connections to this machine only, got {address}")
            return connects[name](self, address)

        return connect

    for name in connects:
        monkeypatch.setattr(socket.socket, name, checked(name))
    return attempts


def _is_this_machine(host):
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
