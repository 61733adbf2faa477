// A key presses the button or link that names it. One page takes one key, so that a key held down,
// or pressed twice, does not answer about the next record unseen.
"use strict";

const on = document.getElementById("keys");
let taken = false;

if (on) {
  on.checked = sessionStorage.getItem("keys") !== "off";
  on.addEventListener("change", () => sessionStorage.setItem("keys", on.checked ? "on" : "off"));
  addEventListener("pageshow", () => { taken = false; });
  addEventListener("keydown", (event) => {
    if (!on.checked || event.ctrlKey || event.altKey || event.metaKey) return;
    const key = event.key.toLowerCase();
    const named = [...document.querySelectorAll("[data-key]")].find((one) => one.dataset.key === key);
    if (!named) return;
    event.preventDefault();
    if (taken || event.repeat) return;
    taken = true;
    named.click();
  });
}
