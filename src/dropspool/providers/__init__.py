"""Storage providers: what they can do (`base`), and the ones there are."""
