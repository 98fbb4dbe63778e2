"""The subcommands of `haneul`, one module each; what they share is in `options.py` and `api.py`."""
