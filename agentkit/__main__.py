"""`python -m agentkit`: the command line without its script."""

import sys

from agentkit.cli import main

sys.exit(main())
