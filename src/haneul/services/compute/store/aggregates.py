"""Aggregates in the store."""

from haneul.kernel.db import Rows
from haneul.services.compute.model.aggregates import Aggregate

AGGREGATES = Rows(Aggregate, "compute_aggregates", key=("number",), unique=(("id",), ("name",)))
