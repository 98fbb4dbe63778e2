"""Identity's tables and the queries that go beyond one table."""
