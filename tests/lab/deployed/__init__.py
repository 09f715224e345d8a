"""The example stack deployed on one host: the checks of releases, of what runs, of images, in this order."""
