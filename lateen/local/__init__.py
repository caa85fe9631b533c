"""A whole mesh of local processes from one `mesh.yaml`: what the file says, the objects it stands for, and the driver that keeps both running."""
