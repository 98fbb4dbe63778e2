"""What can be asked of identity, one file per resource."""
