"""`lateen init`: write a mesh.yaml to start from."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Final

import typer

from lateen.cli.trouble import REFUSED, Trouble

SAMPLE: Final = """\
# A mesh of local processes. `lateen up` starts it: every service below gets an Envoy of its own, an identity and mutual TLS.
name: sample

# A folder of Istio YAML beside this file. It is applied as it is, and again on every change while the mesh runs.
# config: config

services:
  # A service is a name, a command, and the ports that it serves: a name, whose part before `-` is the protocol (http, tcp, grpc…), and a number,
  # or two where callers dial another one than the process listens on ("80:8080"). The process finds its port in $PORT.
  web:
    command: python3 -m http.server 8080
    ports: {http: "80:8080"}

  # Other services reach it as http://web. These are all the settings there are:
  # api:
  #   command: ./api --verbose            # split into words as a shell does; or a list
  #   directory: services/api             # where it runs; relative to this file
  #   ports: {http: 8000, tcp-admin: 9000}
  #   replicas: 2
  #   environment: {LOG_LEVEL: debug}
  #   health: {http: /healthz}            # or {tcp: true}, or {command: ./check}
  #   labels: {team: shop}
  #   serviceAccount: api                 # its identity: spiffe://cluster.local/ns/default/sa/api
  #   restart: OnFailure                  # Always (the default), OnFailure, Never
  #   versions:                           # run side by side; told apart by the label `version`
  #     v1: {}
  #     v2: {environment: {FEATURE: "on"}, replicas: 1}

# A gateway is an Envoy without a process. Port 8080 of this machine leads to its port 80; a Gateway and a VirtualService in `config` say to what.
# gateways:
#   ingress:
#     ports: {8080: 80}
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
