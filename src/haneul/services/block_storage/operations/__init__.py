"""What can be asked of block storage, one file per resource."""
