"""`audit --lm-eval`: what the command line refuses before it looks at a model."""

from __future__ import annotations

from tests.company import unlearnkit


def test_a_folder_of_tasks_without_a_named_task_is_refused() -> None:
    said = unlearnkit("audit", "model", "--lm-eval-tasks", "tasks", "--lm-eval", " ,")
    assert said.exit_code == 2
    assert "no task of the folder is named" in said.stderr
