"""The routes of ``file_properties``, and their older twins in ``files``."""
