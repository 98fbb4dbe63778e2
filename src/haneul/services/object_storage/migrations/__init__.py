"""The history of the tables of object storage."""
