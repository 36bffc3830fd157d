"""Callers: their credentials, and the table of routes that they may call."""
