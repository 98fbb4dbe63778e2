"""One folder per service, all alike inside."""
