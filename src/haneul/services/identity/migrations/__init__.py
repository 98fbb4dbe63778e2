"""The history of identity's tables since each service has one of its own."""
