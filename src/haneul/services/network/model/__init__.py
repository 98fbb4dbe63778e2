"""What networks, ports, routers and filters are; pure."""
