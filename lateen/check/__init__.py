"""Is it right? One module per kind, with the file names of `lateen.api`, each a generator of remarks; `analyses` looks across objects.

A check sees one object and nothing else: no graph, no mesh, no file. What Istio refuses is an error here and what it warns of a warning
(https://istio.io/latest/docs/reference/config/), so that a document that Istio takes is taken. All mistakes come at once.
"""

from lateen.check.kinds import CHECKS, check
from lateen.check.networking.envoy_filter import Parses
from lateen.check.offline import check_text, findings

__all__ = ["CHECKS", "Parses", "check", "check_text", "findings"]
