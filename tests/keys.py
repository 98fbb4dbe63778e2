"""Private keys for the tests. To make one takes up to seconds, so each is made once, when first wanted by its name."""

from __future__ import annotations

from functools import cache

from cryptography.hazmat.primitives.asymmetric import dsa, ec, rsa


@cache
def rsa_key(name: str) -> rsa.RSAPrivateKey:
    """Another name is another key."""
    return rsa.generate_private_key(65537, 2048)


@cache
def dsa_key() -> dsa.DSAPrivateKey:
    return dsa.generate_private_key(2048)


@cache
def curve_key(curve: type[ec.EllipticCurve]) -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(curve())
