"""The choice of Django's settings, for pytest."""

import os

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "settings")
