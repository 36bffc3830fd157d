"""Serve template.yaml's functions: ``python -m infra.local.aws --port 8000``."""

from __future__ import annotations

from infra.local.aws.server import main

# The environments' processes import this module too, under another name.
if __name__ == "__main__":
    main()
