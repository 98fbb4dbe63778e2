"""Compute: sagas."""
