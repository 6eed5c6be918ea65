"""Names of classes, and predictions over them."""
