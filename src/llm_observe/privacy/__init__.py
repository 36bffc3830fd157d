"""Digests, redaction and bounds: only what may be kept leaves the process."""
