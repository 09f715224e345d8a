"""The wire to a target: ssh, its shells and sessions, what is asked ahead, and the transcript of it all."""
