"""The HTTP face of the networks."""
