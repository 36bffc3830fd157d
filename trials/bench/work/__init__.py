"""What the worst bodies cost a function: processor time, memory, and what is counted of them."""
