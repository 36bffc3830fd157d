"""Usage, models and prices: the cost of a call."""
