"""How images are built and get to the target: by a registry, as an archive, or built on the server."""
