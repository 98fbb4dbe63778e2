"""What is kept true on the hosts."""
