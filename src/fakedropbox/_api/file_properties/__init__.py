"""The routes of ``file_properties``, and older equivalents in ``files`` and ``team``."""
