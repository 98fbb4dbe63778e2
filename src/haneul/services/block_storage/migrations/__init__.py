"""The history of block_storage's tables since each service has one of its own."""
