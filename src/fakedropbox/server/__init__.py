"""The third door: the same service over HTTPS, for any language and any process."""
