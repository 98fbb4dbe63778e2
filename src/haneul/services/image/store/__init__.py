"""Where images are kept: their rows, and the files with their data."""
