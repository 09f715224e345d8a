"""The connection to a target: OpenSSH, its shells and forwards, what is asked ahead, and the transcript."""
