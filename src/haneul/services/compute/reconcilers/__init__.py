"""Compute: reconcilers."""
