"""Small tools, each fit to be a library of its own: backoff, clock, tasks, logging, file watch. They know nothing of meshes."""
