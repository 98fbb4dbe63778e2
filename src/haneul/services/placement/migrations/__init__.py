"""The history of placement's tables since each service has one of its own."""
