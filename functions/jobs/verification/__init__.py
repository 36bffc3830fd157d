"""The job that deletes what tenants keep no longer."""
