"""Key pairs in the store."""

from haneul.kernel.db import Rows
from haneul.services.compute.model.keypairs import Keypair

KEYPAIRS = Rows(Keypair, "compute_keypairs", key=("user_id", "name"))
