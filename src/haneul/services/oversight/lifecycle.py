"""What the process around calls of oversight; `haneul.kernel.lifecycle` says when."""

from __future__ import annotations

from haneul.kernel.http.app import Application
from haneul.services.oversight.api import reference
from haneul.services.oversight.operations import verification

verify = verification.verify


def mount(app: Application) -> None:
    """The documents of every API can be read."""
    reference.mount(app)
