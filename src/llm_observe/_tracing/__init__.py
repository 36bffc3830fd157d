"""The running instance: it opens, collects and holds spans."""
