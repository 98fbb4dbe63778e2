"""What oversight can be asked."""
