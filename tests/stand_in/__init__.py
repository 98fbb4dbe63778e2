"""Programs that stand in for parts of the product where a test is about something else."""
