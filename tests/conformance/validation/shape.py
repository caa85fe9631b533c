"""The shape of a finding: one sentence with object, path, line, what was found or expected, and a remedy."""

from __future__ import annotations

import re

from lateen.check.analyses import CODES
from lateen.values.finding import Finding


def faults(found: Finding) -> list[str]:
    """In what a finding is not as it should be."""
    claims = {
        "a known code": found.code in CODES and (found.severity is CODES[found.code].severity or found.code == "IST0133"),
        "an object": bool(found.ref.kind and found.ref.name),
        "a path from the top": found.path.startswith(("spec", "metadata", "kind", "apiVersion")),
        "a place": found.position.file == "mesh.yaml" and found.position.line > 0 and found.position.column > 0,
        "a sentence that goes on from its path": bool(re.match(r'[a-zA-Z0-9"\'{<*]', found.message)) and found.message.endswith("."),
        "a remedy that is a sentence": not found.hint or ((found.hint[0].isupper() or found.hint[0] in '"') and found.hint[-1] in '.?"'),
        "what was found or expected, or what to do": bool(found.hint)
        or any(word in found.message for word in ("expected", "found", "has", "needs", "is ", "are ")),
        "no jargon": not re.search(r"\b([Ii]nvalid|[Ff]ailed to|None|Exception)\b", found.message),
    }
    return [claim for claim, holds in claims.items() if not holds]
