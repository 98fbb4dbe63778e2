"""What images are kept in, by technology."""
