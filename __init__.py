"""gonogo: go/no-go checks for Docker Compose deployments over SSH."""
