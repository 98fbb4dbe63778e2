"""Block storage: the volumes of servers."""
