"""An Airflow DAG: a candidate model is gated before it is released.

Exit code 3 (cannot tell) fails the task as 1 does; a retry gives the same, so there is none.
"""

from __future__ import annotations

from airflow.providers.standard.operators.bash import BashOperator
from airflow.sdk import DAG

MODEL = "/models/candidate"
GATE = (
    f"unlearnkit gate {MODEL} --workspace /srv/privacy --policy /srv/policies/release.yaml"
    " --junit gate.xml"
)

with DAG("privacy_gate", schedule=None, catchup=False):
    gate = BashOperator(task_id="gate", bash_command=GATE, retries=0)
    release = BashOperator(task_id="release", bash_command=f"echo release {MODEL}")
    gate >> release
