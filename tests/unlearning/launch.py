"""Scripts in processes of their own, as a user's launcher starts them."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ENVIRONMENT = os.environ | {
    "ACCELERATE_USE_CPU": "true",
    "PYTHONPATH": ".",
    "OMP_NUM_THREADS": "1",
}
TWO = ("-m", "torch.distributed.run", "--standalone", "--nproc-per-node=2")


def in_two_processes(
    script: Path, *arguments: object, **environment: str
) -> subprocess.CompletedProcess[str]:
    """Run the script in two processes that compute as one: gloo, on CPU. It must end well."""
    done = subprocess.run(
        [sys.executable, *TWO, str(script), *map(str, arguments)],
        env=ENVIRONMENT | environment,
        capture_output=True,
        text=True,
        timeout=300,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done
