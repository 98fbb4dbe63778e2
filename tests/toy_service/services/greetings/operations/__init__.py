"""The toy's operations."""
