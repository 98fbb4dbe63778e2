"""Compute: model."""
