"""The names of destinations in statistics, by the pattern of the mesh (N-8)."""

from __future__ import annotations

from lateen.registry.service import Service, ServicePort


def statistics_name(pattern: str, service: Service, port: ServicePort, subset: str, domain: str) -> str:
    """The pattern filled in: `%SERVICE%` is `reviews.default`, `%SERVICE_NAME%` `reviews`, `%SERVICE_FQDN%` the whole host; empty for no pattern."""
    if not pattern:
        return ""
    short = service.host.removesuffix(f".svc.{domain}")
    words = {
        "%SERVICE_FQDN%": service.host,
        "%SERVICE_NAME%": service.name,
        "%SERVICE_PORT_NAME%": port.name,
        "%SERVICE_PORT%": str(port.number),
        "%SERVICE%": short,
        "%SUBSET_NAME%": subset,
        "%TARGET_PORT%": str(port.target or port.number),
    }
    for word, value in words.items():
        pattern = pattern.replace(word, value)
    return pattern
