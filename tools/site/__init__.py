"""The documentation as a static site: pages of `docs/` and the reference of `models/`."""
