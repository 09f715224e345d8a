"""The example stack, a small real chat application: two releases, seven broken ones, one on another port."""
