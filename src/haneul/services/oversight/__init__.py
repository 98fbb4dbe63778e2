"""Oversight: what is asked of the cloud itself. Is it well, what runs, what happened, and why."""
