"""What requests meet: real Envoys in namespaces of their own (root), the daemon, the agent, and `lateen up`.

mesh                     a mesh to measure            origin, load, names   programs run inside of it: server, rate, first requests
scope, startup, latency, rotation   what is measured  pair                  the Envoys that ours are held against
rows                     the rows by name
"""
