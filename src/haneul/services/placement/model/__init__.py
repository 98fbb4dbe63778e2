"""What providers, inventories and allocations are; pure."""
