"""The routes of ``file_properties``, and their older equivalents in ``files``."""
