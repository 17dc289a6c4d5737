"""The API over HTTP, independent of any library that sends or serves it."""

from fakedropbox._wire.exchange import NOT_FAKED, HttpReply, HttpRequest, answer

__all__ = ["NOT_FAKED", "HttpReply", "HttpRequest", "answer"]
