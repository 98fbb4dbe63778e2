"""Data of images over HTTP: up, down, and everything that can break on the way."""

from __future__ import annotations

from haneul.kernel.empty_qcow2 import *  # noqa: F403  (placeholder, replaced below)

OCTETS = {"Content-Type": "application/octet-stream"}
