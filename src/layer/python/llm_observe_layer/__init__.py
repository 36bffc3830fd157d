"""The handler that Lambda calls in place of a function's own, where the layer is switched on."""
