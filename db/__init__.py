"""The database: models, sessions, constraints, migrations, seed data and the stores of a call. No rules of the scheduler."""
