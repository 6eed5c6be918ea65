"""The tab "What does it see?": the top classes of any photo, and what speaks for them."""
