"""What Microsoft writes: cost details of every kind of account, and the manifests of their exports."""
