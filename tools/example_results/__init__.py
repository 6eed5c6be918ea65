"""Makes the results with which tabs open, `demos/examples/results/`, anew (see `__main__`)."""
