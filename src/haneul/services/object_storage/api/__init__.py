"""The HTTP face of object storage."""
