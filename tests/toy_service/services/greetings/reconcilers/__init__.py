"""The toy's reconcilers."""
