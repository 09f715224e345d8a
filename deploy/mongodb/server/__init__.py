"""The MongoDB server: how it is reached, who is logged in, and its state."""
