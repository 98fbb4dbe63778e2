"""Past passwords and attempts, stored."""

from haneul.kernel.db import Rows
from haneul.services.identity.model.passwords import Attempts, PastPassword

PAST_PASSWORDS = Rows(PastPassword, "identity_past_passwords", key=("user_id", "hash"))
ATTEMPTS = Rows(Attempts, "identity_attempts", key=("user_id",))
