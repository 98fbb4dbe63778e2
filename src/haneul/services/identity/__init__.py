"""Identity: who may do what, in which project."""
