"""What a visit is."""
