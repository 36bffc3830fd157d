"""From the body of an OTLP request to rows that are committed."""
