"""What can be asked of placement."""
