"""The parts of `dropspool.worker`."""
