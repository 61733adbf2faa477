"""Chromium without a window, told what to do over a pipe: its DevTools protocol."""

from __future__ import annotations

import json
import os
import select
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.report.conftest import CHROMIUM

WAIT = 60.0
"""Seconds for anything, on a machine that is busy."""
ERRORS = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")


@dataclass
class Tab:
    """One page of a browser."""

    commands: int
    answers: int
    downloads: Path
    session: str = ""
    complaints: list[str] = field(default_factory=list)
    """What the page wrote to the console."""
    sent: list[dict[str, str]] = field(default_factory=list)
    """The headers of every request, as they went out."""
    _number: int = 0
    _read: bytes = b""

    def ask(self, method: str, **given: Any) -> dict[str, Any]:
        """What the browser answers to a command of its protocol."""
        self._number += 1
        message = {"id": self._number, "method": method, "params": given}
        if self.session:
            message["sessionId"] = self.session
        os.write(self.commands, json.dumps(message).encode() + b"\0")
        while True:
            said = self._next()
            if said.get("id") == self._number:
                assert "error" not in said, said
                return dict(said["result"])
            if said.get("method") in ERRORS:
                self.complaints.append(json.dumps(said["params"]))
            if said.get("method") == "Network.requestWillBeSentExtraInfo":
                self.sent.append(said["params"]["headers"])

    def open(self, url: str) -> None:
        self.ask("Page.navigate", url=url)
        self.until("document.readyState === 'complete' && location.href !== 'about:blank'")

    def sees(self, script: str) -> Any:
        """What an expression is on the page as it is."""
        answer = self.ask(
            "Runtime.evaluate", expression=script, returnByValue=True, awaitPromise=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def until(self, script: str) -> None:
        """Wait for it to be true; while a page goes and the next comes, nothing is."""
        end = time.monotonic() + WAIT
        while time.monotonic() < end:
            answer = self.ask("Runtime.evaluate", expression=script, returnByValue=True)
            if answer["result"].get("value") is True:
                return
            time.sleep(0.02)
        raise AssertionError(f"never: {script}; the page is {self.sees('document.body.innerText')}")

    def press(self, key: str) -> None:
        """A key, down and up."""
        text = "\r" if key == "Enter" else key
        code = 13 if key == "Enter" else ord(key.upper())
        how = {"key": key, "text": text, "windowsVirtualKeyCode": code}
        self.ask("Input.dispatchKeyEvent", type="keyDown", **how)
        self.ask("Input.dispatchKeyEvent", type="keyUp", **how)

    def _next(self) -> dict[str, Any]:
        end = time.monotonic() + WAIT
        while b"\0" not in self._read:
            ready, _, _ = select.select([self.answers], [], [], max(0.0, end - time.monotonic()))
            assert ready, "the browser does not answer"
            piece = os.read(self.answers, 1 << 16)
            assert piece, "the browser has gone"
            self._read += piece
        message, _, self._read = self._read.partition(b"\0")
        return dict(json.loads(message))


@contextmanager
def opened_tab(folder: Path) -> Iterator[Tab]:
    """A browser of its own, with a fresh profile."""
    (ours_in, commands), (answers, ours_out) = os.pipe(), os.pipe()
    quiet = [one for one in CHROMIUM if one != "--no-pdf-header-footer"]  # with it pages close
    command = [*quiet, "--remote-debugging-pipe", f"--user-data-dir={folder / 'profile'}"]
    wired = f'exec "$@" 3<&{ours_in} 4>&{ours_out}'  # where it expects its pipes
    with subprocess.Popen(
        ["bash", "-c", wired, "bash", *command],
        pass_fds=(ours_in, ours_out),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    ) as browser:
        os.close(ours_in)
        os.close(ours_out)
        try:
            tab = Tab(commands, answers, folder / "downloads")
            target = tab.ask("Target.createTarget", url="about:blank")["targetId"]
            tab.ask(
                "Browser.setDownloadBehavior", behavior="allow", downloadPath=str(tab.downloads)
            )
            session = tab.ask("Target.attachToTarget", targetId=target, flatten=True)["sessionId"]
            tab.session = session
            for domain in ("Page", "Runtime", "Log", "Network"):
                tab.ask(f"{domain}.enable")
            yield tab
        finally:
            browser.terminate()
            os.close(commands)
            os.close(answers)
