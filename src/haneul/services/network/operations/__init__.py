"""What can be asked of the networks; each function within one transaction."""
