// Small conveniences. Everything works without them.
"use strict";

document.documentElement.classList.add("scripted");

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = document.getElementById(button.dataset.copy);
  try {
    await navigator.clipboard.writeText(source.textContent);
    const label = button.textContent;
    button.textContent = "Copied";
    setTimeout(() => { button.textContent = label; }, 1500);
  } catch {
    getSelection().selectAllChildren(source);
  }
});

document.addEventListener("change", (event) => {
  if (event.target.matches("[data-submit]")) event.target.form.requestSubmit();
});

// A slash goes to the search field of the page.
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey) return;
  if (event.target.closest?.("input, textarea, select, [contenteditable]")) return;
  const search = document.querySelector("input[type=search]");
  if (search) {
    event.preventDefault();
    search.focus();
    search.select();
  }
});

// Hands a login to the command line that waits for it on this computer.
const handOver = document.querySelector("[data-hand-over]");
if (handOver) {
  const login = atob(document.getElementById(handOver.dataset.handOver).textContent);
  const headers = { "Content-Type": "application/json" };
  fetch(`http://127.0.0.1:${handOver.dataset.port}/`, { method: "POST", headers, credentials: "include", body: login })
    .then((answer) => { handOver.textContent = answer.ok ? handOver.dataset.done : handOver.dataset.failed; })
    .catch(() => { handOver.textContent = handOver.dataset.failed; });
}
