"""The doors within this process: below the SDK's HTTP layer, and for the direct client."""
