"""The history of kernel's tables since each service has one of its own."""
