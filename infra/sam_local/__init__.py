"""Functions in Lambda's own container, against the running demo: `sam local`, made ready."""
