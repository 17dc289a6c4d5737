"""The routes of ``files``."""
