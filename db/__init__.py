"""The database: models, sessions, constraints, migrations, seed data and a call's stores. No scheduler's rules."""
