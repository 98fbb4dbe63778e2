"""What identity says of itself."""

from haneul.kernel.manifest import Manifest

MANIFEST = Manifest(
    name="identity",
    type="identity",
    catalog_name="keystone",
    title="Identity",
    path="/identity",
    endpoint="/identity",
    profile="minimum",
    is_indispensable=True,
    drivers={"directory": {"ldap": "drivers.ldap:LdapDirectory"}},
    challenge="Keystone",
    vary="X-Auth-Token",
)
