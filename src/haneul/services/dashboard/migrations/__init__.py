"""The history of the dashboard's table."""
