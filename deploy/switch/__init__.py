"""The switch: how a service is replaced, and how what runs is brought to a recorded release."""
