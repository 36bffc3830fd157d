"""OTLP ingestion beside Phoenix and MLflow: the same spans, the same Postgres, one run."""
