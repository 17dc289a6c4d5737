"""The ways to a service within this process: below `requests`, and by the direct client."""
