"""What users write: one module of frozen structs per kind, named as in Istio's documentation, and the way from text to them and back.

`kinds` is the table of kinds, `decode` reads, `encode` writes, `mesh_config` holds what is said of the whole mesh. Nothing here knows what the
objects do, and nothing is checked that needs a second object: that is `check`.
"""
