import sys
from pathlib import Path

# the nodes are imported by name here, whether the package is installed or not
sys.path.insert(0, str(Path(__file__).parents[1]))
