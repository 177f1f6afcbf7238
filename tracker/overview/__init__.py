"""Overview: what a centre, a region and the country see at a glance."""
