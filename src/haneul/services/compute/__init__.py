"""Compute: servers, and the hosts that run them."""
