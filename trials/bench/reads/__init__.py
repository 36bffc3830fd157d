"""How long sums and lists take over a million and over ten million spans, and what a span costs."""
