"""The release: what would be deployed, and what of a release is kept on the target."""
