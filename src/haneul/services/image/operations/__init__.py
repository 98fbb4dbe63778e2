"""What can be asked of images."""
