"""Block storage: reconcilers."""
