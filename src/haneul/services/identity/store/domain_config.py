"""Configuration of domains, stored."""

from haneul.kernel.db import Rows
from haneul.services.identity.model.domain_config import DomainOption

DOMAIN_OPTIONS = Rows(DomainOption, "identity_domain_options", key=("domain_id", "group", "option"))
