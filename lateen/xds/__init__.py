"""The xDS server: what each proxy sees, delivered over ADS, delta or state of the world, and what it said of it.

Reading order: `events` and `wire` (the words), `shelf` (what streams share), `order` (make before break), `subscription` (one type of one
stream), `session` (one stream), `sotw` (the older form), `node` (who connected); then the drivers `budget`, `stream` and `server`, the only
ones that wait. It knows nothing of Istio, of the graph, or of what the bytes mean.
"""
