"""Placement: what every host has, and who holds how much of it."""
