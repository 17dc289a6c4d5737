"""The inner parts of the pytest plugin, such as `--fake-dropbox` and reports on failed tests."""
