"""Network: networks, addresses, routers and filters."""
