"""The ways to a service within this process: an adapter for `requests`, and the direct client."""
