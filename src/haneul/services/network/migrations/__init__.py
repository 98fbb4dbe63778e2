"""The history of network's tables since each service has one of its own."""
