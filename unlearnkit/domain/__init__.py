"""The nouns that travel between stages. Frozen, typed, no logic beyond reading themselves.

What is stored as an artefact is a pydantic model; what exists in thousands is a slotted dataclass.
No model here may hold a data subject's plain identifier, except `Identifier` and `Record`, which
are never written outside the vault and the user's own corpus.
"""

from unlearnkit.domain.artefact import Artefact, Progress, silent
from unlearnkit.domain.asking import AskedOf, Asking
from unlearnkit.domain.attacks import CONDITIONS, RELEARNED_REST, Attack
from unlearnkit.domain.checkup import Checkup, Examined, Health, HeldAs, Holding
from unlearnkit.domain.engine import Engine
from unlearnkit.domain.events import EventKind
from unlearnkit.domain.figures import (
    FEWEST_PEOPLE,
    AttackCost,
    AuditResult,
    Baseline,
    Difference,
    GeneratedScores,
    Measurement,
    MembershipScores,
    RecordScore,
    RelearningCurve,
    RelearningPoint,
    Subjects,
    UtilityText,
    measurement_of,
)
from unlearnkit.domain.kept_probes import KeptProbe, KeptProbes, ProbeAnswer, ProbeAnswers
from unlearnkit.domain.records import (
    ASSISTANT,
    TURN,
    Certainty,
    Decision,
    Evidence,
    ForgetSet,
    Located,
    Match,
    Record,
    Review,
    Stretch,
    Uncertain,
    rest_id,
)
from unlearnkit.domain.requests import (
    TITLES,
    Identifier,
    IdentifierKind,
    IdentityState,
    Request,
    RequestState,
    Subject,
    Verification,
)
from unlearnkit.domain.run import CalibrationStep, RecordSet, RunManifest, TrainingPass
from unlearnkit.domain.screening import CleanFile, Finding, Forgotten, Screened, Sureness
from unlearnkit.domain.splits import ModelRole, Split
from unlearnkit.domain.values import (
    AskingCost,
    Decoding,
    DecoyRank,
    Leakage,
    LensDepths,
    LensScore,
    Probe,
    ValueScore,
)
from unlearnkit.domain.verdict import Check, GateAnswer, Outcome, Verdict

__all__ = [
    "ASSISTANT",
    "CONDITIONS",
    "FEWEST_PEOPLE",
    "RELEARNED_REST",
    "TITLES",
    "TURN",
    "Artefact",
    "AskedOf",
    "Asking",
    "AskingCost",
    "Attack",
    "AttackCost",
    "AuditResult",
    "Baseline",
    "CalibrationStep",
    "Certainty",
    "Check",
    "Checkup",
    "CleanFile",
    "Decision",
    "Decoding",
    "DecoyRank",
    "Difference",
    "Engine",
    "EventKind",
    "Evidence",
    "Examined",
    "Finding",
    "ForgetSet",
    "Forgotten",
    "GateAnswer",
    "GeneratedScores",
    "Health",
    "HeldAs",
    "Holding",
    "Identifier",
    "IdentifierKind",
    "IdentityState",
    "KeptProbe",
    "KeptProbes",
    "Leakage",
    "LensDepths",
    "LensScore",
    "Located",
    "Match",
    "Measurement",
    "MembershipScores",
    "ModelRole",
    "Outcome",
    "Probe",
    "ProbeAnswer",
    "ProbeAnswers",
    "Progress",
    "Record",
    "RecordScore",
    "RecordSet",
    "RelearningCurve",
    "RelearningPoint",
    "Request",
    "RequestState",
    "Review",
    "RunManifest",
    "Screened",
    "Split",
    "Stretch",
    "Subject",
    "Subjects",
    "Sureness",
    "TrainingPass",
    "Uncertain",
    "UtilityText",
    "ValueScore",
    "Verdict",
    "Verification",
    "measurement_of",
    "rest_id",
    "silent",
]
