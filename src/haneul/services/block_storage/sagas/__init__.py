"""The long work of block storage, one file per verb."""
