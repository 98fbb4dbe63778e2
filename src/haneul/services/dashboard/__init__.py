"""The dashboard: the cloud in a browser, for people; a client of the public APIs like any other."""
