"""Brings back to the queue what waits beside it."""
