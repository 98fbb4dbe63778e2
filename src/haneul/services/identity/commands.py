"""What `haneul identity` does in the cloud's folder, whether the cloud runs or not."""

from __future__ import annotations

from pathlib import Path

from haneul.services.identity.operations import keys


def rotate_keys(folder: Path) -> str:
    """Sign tokens, and encrypt credentials, with new keys.

    Tokens and credentials stay valid. What runs takes up the new keys by itself, encrypts the credentials
    anew within a minute or so, and drops the old keys once nothing needs them.
    """
    keys.rotate(folder)
    return "New keys are in use."
