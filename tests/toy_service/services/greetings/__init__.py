"""A toy: greetings that hosts hold. It shows every part that a service may have."""
