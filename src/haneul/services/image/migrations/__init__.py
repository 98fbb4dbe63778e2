"""The history of image's tables since each service has one of its own."""
