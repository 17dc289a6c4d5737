"""Leaf modules that know nothing of Dropbox: argument checks, chance, the undo log."""
