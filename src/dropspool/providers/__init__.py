"""Storage providers: their interface (`base`) and its implementations."""
