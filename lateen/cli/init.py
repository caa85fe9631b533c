"""`lateen init`: write a mesh.yaml to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from lateen.cli.trouble import REFUSED, Trouble

SAMPLE: Final = """\
# A mesh of local processes. `lateen up` starts it: every service below gets an Envoy sidecar, an identity and mutual TLS.
name: sample

services:
  # A service is a name, a command, and the ports that the command serves.
  web:
    command: python3 -m http.server 8080
    ports:
      - {name: http, port: 8080}

  # client:
  #   command: ./client --server http://web:8080
  #   env: {LOG_LEVEL: debug}

# Istio's objects, inline or in files. Anything that Istio documents can stand here.
# config:
#   - rules/
#   - apiVersion: networking.istio.io/v1
#     kind: VirtualService
#     metadata: {name: web}
#     spec:
#       hosts: [web]
#       http:
#         - timeout: 2s
#           route:
#             - destination: {host: web}
"""


def command(
    path: Annotated[str, typer.Argument(metavar="[FILE]")] = "mesh.yaml",
    force: Annotated[bool, typer.Option("--force", help="Replace a file that is there.")] = False,
) -> None:
    """Write a commented mesh.yaml to start from."""
    target = Path(path)
    if target.exists() and not force:
        raise Trouble(f"{path} is there already; --force replaces it.")
    try:
        target.write_text(SAMPLE)
    except OSError as failure:
        raise Trouble(f"{path} cannot be written: {failure.strerror}.", REFUSED) from failure
    print(f"{path} is written. Edit it, then: lateen up")
