"""API Gateway and Lambda for one machine: template.yaml's routes, the deployed handlers.

Each function runs in processes of its own, as in Lambda's environments: one request at a time,
module state kept between requests, another environment when all are busy. They are forked from
one process that has imported the libraries, so an environment starts in some 0.1 s and shares
most of its memory. A handler that crashes or hangs takes its own environment down and no more.
"""
