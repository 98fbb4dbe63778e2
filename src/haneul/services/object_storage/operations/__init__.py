"""What can be asked of accounts, containers and objects."""
