"""Sessions in the store."""
