"""An Airflow DAG: a candidate model is gated before it is released.

Measured are the records of the newest run, while they are there; for everybody whose request is
completed it is asked by keyed hashes. Exit code 3 (cannot tell) fails the task as 1 does; a retry
gives the same, so there is none.
"""

from __future__ import annotations

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

MODEL = "/models/candidate"
WORKSPACE = "/srv/privacy"
RUN = "run-3fa1b2"  # the newest; without it the gate cannot tell as soon as there are several
GATE = (
    f"unlearnkit gate {MODEL} --run {RUN} --workspace {WORKSPACE}"
    " --policy /srv/policies/release.yaml --junit gate.xml"
)
PROBES = f"unlearnkit gate {MODEL} --probes --workspace {WORKSPACE} --junit probes.xml"

with DAG("privacy_gate", schedule=None, catchup=False):
    gate = BashOperator(task_id="gate", bash_command=GATE, retries=0)
    probes = BashOperator(task_id="probes", bash_command=PROBES, retries=0)
    release = BashOperator(task_id="release", bash_command=f"echo release {MODEL}")
    gate >> probes >> release
