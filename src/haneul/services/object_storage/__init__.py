"""Object storage: what anybody keeps by a name, over HTTP."""
