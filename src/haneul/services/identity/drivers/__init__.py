"""Where users and groups may be besides our own store."""
