"""The daemon: the one place that knows store, graph, discovery and identity, and puts them together.

Reading order: `manifests`, `allocator`, `door` (what may be stored); `settling`, `feed` (store to graph); `dependencies`, `keeper`, `pusher`,
`states` (graph to proxies); `peers`, `certificates` (who is who); `home`, `ports`, `plane`, `main` (the process); `api` (HTTP).
"""
