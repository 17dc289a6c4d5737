"""The core of a service: its data (the world), the gate that all requests pass, its snapshots.

The ways for clients to reach it, called doors, are in `_doors`, `client` and `server`.
"""
