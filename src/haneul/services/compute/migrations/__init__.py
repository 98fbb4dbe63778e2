"""The history of compute's tables since each service has one of its own."""
