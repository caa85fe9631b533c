"""A whole mesh of local processes from one `mesh.yaml`: what the file says, the objects it stands for, and the driver that keeps both running."""

import sys

# httpx reads its own command line at import where it can, which takes as long as all the rest of it; nobody here uses that.
sys.modules.setdefault("httpx._main", None)  # type: ignore[arg-type]
