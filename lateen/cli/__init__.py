"""The command line: one module for each command, found by the table in `main`. Words of kubectl and istioctl wherever they have one.

What commands share: `connection` (which mesh, and its API), `words` (kinds and names), `files`, `output`, `dumps`, `trouble` (how a command fails).
"""
