"""What telemetry costs on Lambda: the caller's time, billed time, start, bytes, CPU per call."""
