"""What images are: pure."""
