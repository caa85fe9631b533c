"""Small words that every layer shares: names, references, findings. Immutable, compared by value, and free of any other package of ours.

What may not enter: anything that knows Istio's objects, Envoy's protobufs, or the world outside the process.
"""
