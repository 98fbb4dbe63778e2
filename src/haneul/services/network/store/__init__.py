"""Tables and queries of the networks."""
