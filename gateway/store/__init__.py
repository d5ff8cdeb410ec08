"""The store: SQLite today, shaped so that PostgreSQL can follow (ARCHITECTURE.md)."""
