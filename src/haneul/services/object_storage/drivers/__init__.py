"""What objects' data is kept in, by technology."""
