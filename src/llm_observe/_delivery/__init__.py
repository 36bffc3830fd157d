"""From finished spans to an exporter's acknowledgement, with a ledger of each."""
