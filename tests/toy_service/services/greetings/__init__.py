"""A toy: greetings that hosts hang out. It shows every part that a service may have."""
