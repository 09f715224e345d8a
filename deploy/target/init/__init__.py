"""The draft of a target file, made from the compose files: what ``gonogo init`` writes."""
