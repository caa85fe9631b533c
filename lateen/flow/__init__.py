"""The incremental engine: memoised queries over inputs, recomputed only as far as a change reaches.

Write an input in a `batch`; every query that read it may be stale. `pull` recomputes those of them that somebody watches, stops wherever a
result came out equal, and yields the watched leaves whose value changed. It knows nothing of meshes, does no I/O, and has no clock.

    @query
    def total(g: Graph, owner: str) -> int:
        return sum(price(g, item) for item in items(g, owner))

Rules for a query: a module-level pure function of the graph and small hashable arguments; its result is immutable and compares cheaply. An
argument is part of the cache key, so pass the narrowest thing that answers the question.
"""

from lateen.flow.cell import CycleError, QueryFailed
from lateen.flow.graph import Batch, Change, Graph
from lateen.flow.query import Key, Query, Source, query, source
from lateen.flow.trace import Trace, trace

__all__ = ["Batch", "Change", "CycleError", "Graph", "Key", "Query", "QueryFailed", "Source", "Trace", "query", "source", "trace"]
