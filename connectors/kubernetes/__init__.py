"""Kubernetes: the live inventory of a cluster."""
