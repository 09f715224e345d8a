"""``python -m gonogo.deploy``."""

from gonogo.deploy.cli.app import main

main()
