"""Alembic's folder: `env.py` and one line of versions. They ship in the wheel; `db.migrate` runs them.

A migration works with the version that is still running: add first, remove a release later. One head, batch mode
(SQLite cannot alter), and no way back: what a migration took away only a backup brings again.
"""
