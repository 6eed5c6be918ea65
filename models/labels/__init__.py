"""What classifiers tell apart: names of classes, and predictions over them."""
