"""The HTTP face: pages, and links to log in with."""
