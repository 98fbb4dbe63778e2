"""What identity keeps true by itself."""
