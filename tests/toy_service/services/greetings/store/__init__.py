"""The toy's store."""
