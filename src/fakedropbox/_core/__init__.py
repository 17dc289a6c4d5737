"""The service behind every door: its world, the gate in front of it, and its state."""
