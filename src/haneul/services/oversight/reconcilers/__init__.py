"""Oversight: reconcilers."""
