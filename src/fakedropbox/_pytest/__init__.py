"""The inner parts of the pytest plugin: `--fake-dropbox`, and the reports on failed tests."""
