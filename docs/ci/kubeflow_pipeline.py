"""A Kubeflow pipeline: a candidate model is gated before it is released.

Measured are the records of the newest run, while they are there; for everybody whose request is
completed it is asked by keyed hashes. The image is yours, with unlearnkit in it; the workspace is a
volume that only these two steps mount.
"""

from __future__ import annotations

from kfp import compiler, dsl

IMAGE = "registry.example.com/unlearnkit:0.1.0"


@dsl.container_component
def gate(model: str, run: str, policy: str) -> dsl.ContainerSpec:
    """Fails its step with every exit code but 0."""
    return dsl.ContainerSpec(
        image=IMAGE,
        command=["unlearnkit", "gate"],
        args=[model, "--run", run, "--workspace", "/srv/privacy", "--policy", policy],
    )


@dsl.container_component
def probes(model: str) -> dsl.ContainerSpec:
    """The same, of everybody whose request is completed."""
    return dsl.ContainerSpec(
        image=IMAGE,
        command=["unlearnkit", "gate"],
        args=[model, "--probes", "--workspace", "/srv/privacy"],
    )


@dsl.container_component
def release(model: str) -> dsl.ContainerSpec:
    """What you do with a model that passed."""
    return dsl.ContainerSpec(image="busybox", command=["echo", "release"], args=[model])


@dsl.pipeline(name="privacy-gate")
def pipeline(
    model: str = "/models/candidate",
    run: str = "run-3fa1b2",  # the newest; without it the gate cannot tell once there are several
    policy: str = "/srv/policies/release.yaml",
) -> None:
    """Release after both gates, which use one workspace and so come one after the other."""
    measured = gate(model=model, run=run, policy=policy)
    asked = probes(model=model).after(measured)
    release(model=model).after(asked)


if __name__ == "__main__":
    compiler.Compiler().compile(pipeline, "pipeline.yaml")
