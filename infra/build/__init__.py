"""Builds what is deployed: the layer with its bytecode, and the functions, by SAM CLI."""
