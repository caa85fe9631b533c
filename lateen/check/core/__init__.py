"""Kubernetes' own kinds: what its API server would refuse, for a mesh without one, and what is wrong with the mesh's own settings."""
