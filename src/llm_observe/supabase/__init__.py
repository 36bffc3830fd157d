"""The project's Data API: tokens, settings of tenants, refusals and portions."""
