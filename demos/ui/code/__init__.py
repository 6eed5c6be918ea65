"""The code of a result: Python with `models`, a notebook, and calls of the endpoint."""
