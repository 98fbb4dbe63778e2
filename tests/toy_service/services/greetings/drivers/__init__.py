"""The toy's drivers."""
