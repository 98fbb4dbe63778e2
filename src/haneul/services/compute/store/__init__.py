"""Compute: store."""
