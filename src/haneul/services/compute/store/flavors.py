"""Flavors in the store."""

from haneul.kernel.db import Rows
from haneul.services.compute.model.flavors import Flavor

FLAVORS = Rows(Flavor, "compute_flavors", unique=(("name",),))
