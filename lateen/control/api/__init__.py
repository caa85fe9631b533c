"""The HTTP API: Kubernetes' REST conventions for the mesh's objects, and what only a mesh has under `/lateen/v1`.

Reading order: `paths` (which object a URL means), `selection`, `patches`, `presentation`, `columns` and `tables`, `discovery`, `failure` (all pure),
then `writes` (the one way to change the store), `objects`, `watching`, `transactions`, `proxies`, `mesh_state`, `app`.
"""
