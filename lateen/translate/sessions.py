"""Sessions that persist (LB-2): a service's label says that its clients go back to the endpoint that answered them, by a cookie or by a header.

`istio.io/persistent-session: name[:path]` names the cookie, `istio.io/persistent-session-header: name` the header. The cookie ends with the browser's
session: how long an endpoint stays is not for a cookie to say.
"""

from __future__ import annotations

from lateen.flow import Graph
from lateen.ir.routes import Session
from lateen.ir.view import Perspective
from lateen.registry.service import PERSISTENT_COOKIE, PERSISTENT_HEADER, Service
from lateen.translate.targets import Target
from lateen.translate.visibility import service_for


def session(g: Graph, perspective: Perspective, target: Target) -> Session | None:
    """How clients of the destination stick to an endpoint; None when they do not."""
    service = service_for(g, perspective, target.host)
    return of_service(service) if service is not None else None


def of_service(service: Service) -> Session | None:
    """What the labels of the service say; the cookie before the header."""
    labels = dict(service.labels)
    if cookie := labels.get(PERSISTENT_COOKIE, ""):
        name, _, path = cookie.partition(":")
        return Session(cookie=name, path=path or "/")
    header = labels.get(PERSISTENT_HEADER, "")
    return Session(header=header) if header else None
