"""Stores that older versions made, as SQL: everything in them is kept by an upgrade.

python -m tests.stores NAME     makes NAME.sqlite.sql.xz and NAME.postgresql.sql.xz of this version

It boots a simulated cloud on either database, makes two of each kind of thing in it by the APIs, and writes down
what is then stored. Made once for a version; never made again for the same name.
"""
