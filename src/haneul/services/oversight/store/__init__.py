"""Oversight: what it asks the store."""
