"""The HTTP face of placement, one file per resource."""
