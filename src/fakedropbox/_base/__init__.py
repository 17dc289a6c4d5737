"""Leaves that know nothing of Dropbox: checks of arguments, chance, the undo log."""
