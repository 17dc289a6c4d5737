"""The routes of ``sharing``."""
