"""Nothing: options and fixtures of checks come from the pytest plugin ``gonogo``, checks/options.py."""
