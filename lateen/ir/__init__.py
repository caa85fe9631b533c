"""The mesh in our own words: what a proxy does with traffic, as frozen values that are rendered to Envoy and evaluated by explain.

Istio's words (VirtualService, subset) end in `translate`; Envoy's (cluster, filter chain) begin in `render`. Every value names its origins.
"""
