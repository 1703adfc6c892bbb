"""AWS bills: the legacy Cost and Usage Report, CUR 2.0, and the manifests that come with them."""
