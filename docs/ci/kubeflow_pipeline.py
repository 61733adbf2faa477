"""A Kubeflow pipeline: a candidate model is gated before it is released.

The image is yours, with unlearnkit in it; the workspace is a volume that only this step mounts.
"""

from __future__ import annotations

from kfp import compiler, dsl

IMAGE = "registry.example.com/unlearnkit:0.1.0"


@dsl.container_component
def gate(model: str, policy: str) -> dsl.ContainerSpec:
    """Fails its step with every exit code but 0."""
    return dsl.ContainerSpec(
        image=IMAGE,
        command=["unlearnkit", "gate"],
        args=[model, "--workspace", "/srv/privacy", "--policy", policy, "--junit", "/tmp/gate.xml"],
    )


@dsl.container_component
def release(model: str) -> dsl.ContainerSpec:
    """What you do with a model that passed."""
    return dsl.ContainerSpec(image="busybox", command=["echo", "release"], args=[model])


@dsl.pipeline(name="privacy-gate")
def pipeline(model: str = "/models/candidate", policy: str = "/srv/policies/release.yaml") -> None:
    """Release after the gate."""
    passed = gate(model=model, policy=policy)
    release(model=model).after(passed)


if __name__ == "__main__":
    compiler.Compiler().compile(pipeline, "pipeline.yaml")
