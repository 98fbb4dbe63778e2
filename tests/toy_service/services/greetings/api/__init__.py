"""The toy's api."""
