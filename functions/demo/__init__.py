"""The two demo endpoints, the only ones that call a model provider."""
