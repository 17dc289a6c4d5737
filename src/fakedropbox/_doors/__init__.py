"""The doors in this process: under the SDK, and for the client that needs no HTTP."""
