"""Builds what is deployed: the layers with their bytecode, and the functions, by SAM CLI."""
