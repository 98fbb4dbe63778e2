// What makes the pages quicker to use; each works without it.

const narrow = window.matchMedia("(max-width: 800px)");
const fold = document.querySelector("[data-fold]");
const refold = () => fold && (fold.open = !narrow.matches);
narrow.addEventListener("change", refold);
refold();

// One menu at a time; Escape closes it and gives the focus back.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.menu[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    for (const menu of document.querySelectorAll("details.menu[open]")) {
      menu.open = false;
      menu.querySelector("summary").focus();
    }
  } else if (event.key === "/" && !/^(INPUT|TEXTAREA|SELECT)$/.test(document.activeElement.tagName)) {
    const search = document.querySelector("input[type=search]");
    if (search) {
      search.focus();
      event.preventDefault();
    }
  }
});

// Rows that were chosen stay chosen when the table is drawn anew; so does the focus.
const kept = new Map();
document.addEventListener("htmx:beforeSwap", (event) => {
  const rows = event.detail.target;
  if (!rows.matches?.(".rows")) return;
  const chosen = [...rows.querySelectorAll("input[name=id]:checked")].map((box) => box.value);
  const focused = rows.contains(document.activeElement)
    ? [document.activeElement.closest("tr")?.id, document.activeElement.getAttribute("href"), document.activeElement.value]
    : null;
  kept.set(rows.id, [chosen, focused]);
});
document.addEventListener("htmx:afterSwap", (event) => {
  for (const [id, [chosen, focused]] of kept) {
    const rows = document.getElementById(id);
    if (!rows) continue;
    for (const box of rows.querySelectorAll("input[name=id]")) box.checked = chosen.includes(box.value);
    if (focused) {
      const row = focused[0] && document.getElementById(focused[0]);
      const target = [...(row || rows).querySelectorAll("a, input, button")].find(
        (each) => each.getAttribute("href") === focused[1] && each.value === focused[2],
      );
      target?.focus({ preventScroll: true });
    }
    kept.delete(id);
  }
});

// The log follows its end as long as its end is in view.
document.addEventListener("htmx:beforeSwap", (event) => {
  const log = event.detail.target.querySelector?.("pre[data-follow]");
  if (log) log.dataset.wasAtEnd = log.scrollHeight - log.scrollTop - log.clientHeight < 24 ? "1" : "";
});
const toEnd = () => {
  for (const log of document.querySelectorAll("pre[data-follow]")) log.scrollTop = log.scrollHeight;
};
document.addEventListener("htmx:afterSwap", toEnd);
toEnd();

// Texts to be copied.
for (const block of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) break;
  const button = document.createElement("button");
  button.type = "button";
  button.className = "small";
  button.textContent = block.dataset.copy;
  button.addEventListener("click", async () => {
    await navigator.clipboard.writeText(block.querySelector("pre").textContent.trim());
    button.textContent = block.dataset.copied;
  });
  block.append(button);
}
