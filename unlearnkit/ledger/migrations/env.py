"""Run by Alembic: migrate the connection that `migrate.upgrade` has open, in its transaction."""

from alembic import context

# Batch mode: SQLite cannot change a column, so the table is made anew and its rows are copied.
context.configure(connection=context.config.attributes["connection"], render_as_batch=True)
with context.begin_transaction():
    context.run_migrations()
