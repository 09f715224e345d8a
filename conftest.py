"""Nothing: options and fixtures come from the pytest plugin ``gonogo``, checks/plugin/options.py."""
