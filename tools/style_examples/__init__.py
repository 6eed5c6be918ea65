"""Draws the example style pictures; `kit` has what the drawings share (see `draw.py`)."""
