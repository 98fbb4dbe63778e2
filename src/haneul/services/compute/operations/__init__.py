"""Compute: operations."""
