"""Work without a caller: each folder is one job, which EventBridge starts on a schedule."""
