"""The life of an invocation on AWS Lambda."""
