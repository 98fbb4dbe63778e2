"""The HTTP face of block storage, one file per resource."""
