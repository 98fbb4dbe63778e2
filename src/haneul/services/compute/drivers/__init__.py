"""One module or package per technology, loaded by name."""
