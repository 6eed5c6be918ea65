"""The architectures of generators and discriminators."""
