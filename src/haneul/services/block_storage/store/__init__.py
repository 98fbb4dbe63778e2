"""Tables and queries of block storage, one file per resource."""
