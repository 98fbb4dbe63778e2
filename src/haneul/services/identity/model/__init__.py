"""What identity knows: pure."""
