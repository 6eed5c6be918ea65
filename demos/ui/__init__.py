"""What the tabs are made of: components, events, endpoints, plots."""
