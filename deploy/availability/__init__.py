"""Whether the stack answers: its health endpoints, and the prober that asks them while a release is made."""
