"""ImageNet networks whose layers can be read: loading, padding, feature maps."""
