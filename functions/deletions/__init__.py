"""The endpoint that has many traces deleted."""
