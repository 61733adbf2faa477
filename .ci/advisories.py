"""Known vulnerabilities in the pinned packages: 1 where there is one that is not let pass.

    python .ci/advisories.py constraints.txt

pip-audit asks for the advisories over the network. What it cannot learn about is counted and said:
silence is not a clean bill.
"""

from __future__ import annotations

import json
import subprocess
import sys

LET_PASS: dict[str, str] = {}
"""Advisory id -> why it does not concern us."""


def main(constraints: str) -> int:
    """The exit code."""
    command = [sys.executable, "-m", "pip_audit", "--requirement", constraints]
    command += ["--no-deps", "--disable-pip", "--format", "json", "--progress-spinner", "off"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    try:
        packages = json.loads(done.stdout)["dependencies"]
    except (ValueError, KeyError):
        print("NOT AUDITED: the advisories cannot be reached.")
        return 0
    unknown = [one["name"] for one in packages if "skip_reason" in one]
    found = [
        (one["name"], one["version"], flaw["id"], flaw["fix_versions"])
        for one in packages
        for flaw in one.get("vulns", [])
        if flaw["id"] not in LET_PASS
    ]
    print(f"{len(packages) - len(unknown)} packages audited, {len(unknown)} NOT AUDITED.")
    for name, version, flaw, mended in found:
        print(f"{name} {version}: {flaw}, mended in {', '.join(mended) or 'no version yet'}")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
