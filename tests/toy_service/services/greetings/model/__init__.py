"""The toy's model."""
