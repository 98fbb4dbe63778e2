"""Haneul: a cloud operating system in one package that speaks OpenStack's APIs."""

__version__ = "0.1.0"
