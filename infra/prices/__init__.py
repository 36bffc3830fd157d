"""Makes the price document from genai-prices, and sends it to a project."""
