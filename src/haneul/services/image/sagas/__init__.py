"""Long work on images."""
