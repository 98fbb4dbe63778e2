"""The HTTP face of identity, one file per resource."""
