"""Helpers that contain nothing specific to Dropbox: argument checks, chance, the undo log."""
