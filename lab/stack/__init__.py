"""The example stack: a small real chat application in two releases and five broken ones."""
