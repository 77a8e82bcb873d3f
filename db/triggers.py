"""What marks policy as changed: triggers that put a new token into `house` at every write to a policy table.

A token and not a counter: after a rollback or a restored backup a number would come again with other rules behind it.
The triggers belong to the database, so a hand with psql or sqlite3 is noticed like any process of ours. A migration
that adds a policy table, or rebuilds one on SQLite (which drops its triggers), asks for them here.
"""

from __future__ import annotations

from collections.abc import Iterable

VERSION = "policy_version"  # the key in `house`; it appears with the first write

_FUNCTION = """CREATE OR REPLACE FUNCTION policy_changed() RETURNS trigger LANGUAGE plpgsql AS '
BEGIN
INSERT INTO house (key, value) VALUES (''policy_version'', gen_random_uuid()::text)
ON CONFLICT (key) DO UPDATE SET value = excluded.value;
RETURN NULL;
END'"""
_POSTGRESQL = """CREATE TRIGGER policy_changed_{table} AFTER INSERT OR UPDATE OR DELETE OR TRUNCATE ON {table}
FOR EACH STATEMENT EXECUTE FUNCTION policy_changed()"""
# Delete and insert: an upsert in a trigger would give way to the OR IGNORE of the statement that fired it.
_SQLITE = """CREATE TRIGGER policy_changed_{table}_{event} AFTER {event} ON {table} BEGIN
DELETE FROM house WHERE key = 'policy_version';
INSERT INTO house (key, value) VALUES ('policy_version', lower(hex(randomblob(16))));
END"""


def on_change(dialect: str, tables: Iterable[str]) -> list[str]:
    """The statements that watch these tables."""
    if dialect == "postgresql":
        return [_FUNCTION, *(_POSTGRESQL.format(table=table) for table in tables)]
    events = ("insert", "update", "delete")
    return [_SQLITE.format(table=table, event=event) for table in tables for event in events]
