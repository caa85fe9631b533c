"""Where translation and rendering meet: which resources a proxy is told, as queries over leaves.

A **leaf** is the query of one Envoy resource. A **chunk** is the query of some names with their leaves. A **listing** is the query of a shelf's
chunks. The **stacks** of a View are the listings that it sees, type by type. Whoever serves (`control`) or prints (`config_dump`) them watches
or reads the same four.
"""
