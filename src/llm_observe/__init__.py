"""See every LLM call: cost, tokens, latency, errors and traces, per tenant."""
