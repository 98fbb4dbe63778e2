"""The pages, a module for each part of the cloud. They know the public APIs and nothing else."""
