"""What the mesh measures of its traffic, in Istio's words. Here the labels; the counting itself is Envoy's, as `render.metrics` tells it.

What may not enter: discovery, stores, identities.
"""
