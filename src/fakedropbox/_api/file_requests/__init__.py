"""The routes of ``file_requests``."""
