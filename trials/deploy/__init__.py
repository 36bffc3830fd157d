"""The recorded deployment of docs/deploy.md."""
