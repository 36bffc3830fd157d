"""Makes the price file of the wheel and the seed of ``model_prices`` from one source."""
