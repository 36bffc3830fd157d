"""The job that deletes the traces that deletions name."""
