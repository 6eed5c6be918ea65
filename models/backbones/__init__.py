"""ImageNet networks whose layers can be read."""
