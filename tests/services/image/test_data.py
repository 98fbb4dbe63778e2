"""Data of images over HTTP: up, down, and everything that can break on the way."""

from __future__ import annotations

import hashlib
import os
import struct
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from haneul.kernel.context import SYSTEM
from haneul.kernel.empty_qcow2 import *  # noqa: F403  (placeholder, replaced below)
from haneul.services.image import public
from haneul.services.image.reconcilers.dead_uploads import remove_dead_uploads
from haneul.services.image.store.images import UPLOADS, Upload
from tests.conftest import Cloud, Persona
from tests.services.image.test_images import IMAGES, PATCH, create

OCTETS = {"Content-Type": "application/octet-stream"}
