"""What the process around calls of the dashboard; `haneul.kernel.lifecycle` says when."""

from __future__ import annotations

from haneul import service_folders
from haneul.kernel.http.app import Application
from haneul.services.dashboard.api import site
from haneul.services.dashboard.api.visits import Pages
from haneul.services.dashboard.manifest import MANIFEST
from haneul.services.dashboard.operations import verification

verify = verification.verify


def mount(app: Application) -> None:
    """Browsers find pages."""
    site.mount(app, service_folders.declared(MANIFEST.name, "pages", Pages))
