"""The first credentials of a tenant, from the command line: whoever holds the signing key."""
