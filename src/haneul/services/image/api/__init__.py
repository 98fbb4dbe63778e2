"""The HTTP face of images."""
