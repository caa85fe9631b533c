"""RequestAuthentication: which tokens are believed at a workload.

JW-3: "all RAs that apply (root ns, ns, selector) are combined (union of rules)".
"""

from __future__ import annotations

from lateen.api.security.request_authentication import JWTRule
from lateen.flow import Graph, query
from lateen.ir.token import SPLIT_CLAIMS, USUAL_PLACES, Carrier, Issuer, Place, Tokens
from lateen.ir.view import Labels
from lateen.translate import keys
from lateen.translate.selection import applying

KIND = "RequestAuthentication"


@query
def tokens(g: Graph, namespace: str, labels: Labels, rerouted: bool) -> Tokens | None:
    """The tokens believed at a workload with these labels; None where nobody looks at any.

    `rerouted` is for gateways, where routes may depend on claims.
    """
    found = [(policy.ref, rule) for policy in applying(g, KIND, namespace, labels) for rule in policy.spec.jwt_rules]
    if not found:
        return None
    found.sort(key=lambda pair: pair[1].issuer)
    return Tokens(tuple(issuer(g, rule) for _, rule in found), rerouted, tuple(sorted({ref for ref, _ in found})))


def issuer(g: Graph, rule: JWTRule) -> Issuer:
    """One rule; a change of its keys moves only the workloads that look for its tokens."""
    places = (
        *(Place(Carrier.HEADER, each.name, each.prefix) for each in rule.from_headers),
        *(Place(Carrier.PARAMETER, each) for each in rule.from_params),
        *(Place(Carrier.COOKIE, each) for each in rule.from_cookies),
    )
    return Issuer(
        name=rule.issuer,
        keys=keys.keys(g, rule),
        audiences=rule.audiences,
        places=places or USUAL_PLACES,
        split=tuple(dict.fromkeys((*SPLIT_CLAIMS, *rule.space_delimited_claims))),
        payload_header=rule.output_payload_to_header,
        claim_headers=tuple((each.header, each.claim) for each in rule.output_claim_to_headers),
        forwarded=rule.forward_original_token,
    )
