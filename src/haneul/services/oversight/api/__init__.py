"""The HTTP face of oversight."""
