"""A week of generated traffic for the tenant ``sample``, labelled as generated on every span.

Only the calls are invented: records, digests, token buckets and costs come from the library's own
pipeline, and the rows go in by ``ingest_spans`` like anyone's.
"""
