"""The figures that Lateen promises, measured: `python -m bench`. It stands alone: its own world, its own clients, the real daemon.

world     the objects of a mesh, as YAML            wire, http2, client   many delta ADS streams in one lean process
plane     `lateen serve` as a process, and its cost  rows, scale, cells   what is measured
"""
