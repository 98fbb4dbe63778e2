"""Where accounts, containers and objects are kept: their rows, and their data."""
