"""What accounts, containers and objects are: pure."""
