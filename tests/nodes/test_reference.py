import subprocess
import sys
from pathlib import Path

TOOL = Path(__file__).parents[2] / "tools" / "node_reference.py"


def test_the_node_reference_is_up_to_date():
    done = subprocess.run([sys.executable, str(TOOL), "--check"], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")
