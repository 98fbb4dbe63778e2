"""The HTTP face of compute, one file per resource."""
