"""Measures what the product costs, always as a ratio or difference against a baseline."""
