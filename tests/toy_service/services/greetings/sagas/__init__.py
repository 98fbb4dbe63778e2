"""The toy's sagas."""
