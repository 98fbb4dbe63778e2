"""Gaps that are watched and closed."""
