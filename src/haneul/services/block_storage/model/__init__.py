"""What block storage knows: pure."""
