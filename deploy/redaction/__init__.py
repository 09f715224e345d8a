"""What is secret, and how it is hidden wherever gonogo shows or keeps a text."""
