"""The API over HTTP, independent of any library that sends or serves it."""

from fakedropbox._wire.exchange import HttpReply, HttpRequest, answer

__all__ = ["HttpReply", "HttpRequest", "answer"]
