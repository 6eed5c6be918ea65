"""Small procedural drawing kit behind the example style pictures (see ``draw.py``)."""
