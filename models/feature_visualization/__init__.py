"""Pictures that excite a class or a channel: activation maximization."""
