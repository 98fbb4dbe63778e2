"""One folder per service; whatever a service needs stands in its folder, and nothing outside names it.

Further folders that hold services are named by HANEUL_SERVICES_PATH, with `:` between them.
"""

import os

__path__ += [folder for folder in os.environ.get("HANEUL_SERVICES_PATH", "").split(os.pathsep) if folder]
