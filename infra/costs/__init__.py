"""The cost of a month, from list prices, measured times and bytes, and named assumptions."""
