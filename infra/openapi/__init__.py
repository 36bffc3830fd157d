"""The API's document, made from the endpoints."""
