"""Longpolls in threads of their own, and the real time that they wait for others."""

import threading

LONGPOLL = "files/list_folder/longpoll"
_A_LONG_TIME = 60
_AN_INSTANT = 1e-3  # a clock waits less in real time before it lets virtual time pass


class Polling(threading.Thread):
    """A thread that makes one longpoll; without a cursor, it gets one first."""

    def __init__(self, dbx, cursor=None):
        super().__init__(daemon=True)
        self._dbx = dbx
        self._cursor = cursor
        self._changes = None
        self.start()

    def run(self):
        cursor = self._cursor or self._dbx.files_list_folder("").cursor
        self._changes = self._dbx.files_list_folder_longpoll(cursor, timeout=30).changes

    def result(self):
        """Wait for the end of the longpoll, and return whether there were changes."""
        self.join(_A_LONG_TIME)
        return self._changes


def until_polls(service, number=1):
    """Wait until the service has received this number of longpolls."""
    while len(service.calls.of(LONGPOLL)) < number:
        pass


def real_waits(service, monkeypatch, instead=None):
    """Return a list to which each wait of over 1 ms for other callers adds its timeout in seconds.

    ``instead`` is called in place of each such wait; it returns False, as if no other caller had
    come.
    """
    answered = service.gate._answered
    wait, long = answered.wait, []

    def recorded(timeout):
        if timeout <= _AN_INSTANT:
            return wait(timeout)
        long.append(timeout)
        return wait(timeout) if instead is None else instead()

    monkeypatch.setattr(answered, "wait", recorded)
    return long
