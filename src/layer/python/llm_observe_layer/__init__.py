"""What Lambda calls in place of a function's own handler, where the layer is switched on."""
