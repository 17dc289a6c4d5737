"""Helpers of all other parts: argument checks, chance, locks, virtual time, the undo log."""
