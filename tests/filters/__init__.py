"""What lists find: the same questions to real OpenStack, whose answers are kept here, and to our cloud."""
