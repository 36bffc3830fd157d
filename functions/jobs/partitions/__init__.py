"""The job that makes monthly partitions ahead."""
