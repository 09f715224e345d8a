"""``python -m deploy``."""

from deploy.cli.app import main

main()
