"""The small guest image, with which a new cloud is tried: `builder.py` builds it of the scripts in `files`."""
