// Folds the rows of a team in the ownership grid and remembers that for this browser. Without it all rows are open.
"use strict";
(() => {
  const table = document.getElementById("grid"), key = "grid-folded", many = 60;
  if (!table) return;
  const groups = [...table.querySelectorAll("tbody[data-team]")], all = document.querySelector("[data-do=fold]");
  const lines = (group) => [...group.querySelectorAll("tr:not(.group)")];
  const remembered = () => { try { return JSON.parse(localStorage.getItem(key)) || {}; } catch { return {}; } };
  const button = new Map();

  function fold(group, folded, keep) {
    lines(group).forEach((row) => { row.hidden = folded; });
    button.get(group).setAttribute("aria-expanded", String(!folded));
    if (keep) {
      try { localStorage.setItem(key, JSON.stringify({ ...remembered(), [group.dataset.team]: folded })); } catch { /* private window */ }
    }
    if (all) all.textContent = groups.every(isFolded) ? all.dataset.unfold : all.dataset.fold;
    table.dispatchEvent(new Event("fold"));
  }
  const isFolded = (group) => button.get(group).getAttribute("aria-expanded") === "false";

  const known = remembered(), filtered = table.dataset.filtered !== undefined;
  const kept = table.querySelector("tbody[data-kept]") !== null;  // some rows are to read only: the own ones stay open
  const large = table.querySelectorAll("tbody tr:not(.group)").length > many;
  for (const group of groups) {
    const name = group.querySelector(".group .name"), made = document.createElement("button");
    made.type = "button";
    made.setAttribute("aria-expanded", "true");
    made.append(...name.childNodes);
    name.append(made);
    button.set(group, made);
    made.addEventListener("click", () => fold(group, !isFolded(group), true));
    group.addEventListener("unfold", () => fold(group, false, false));
  }
  for (const group of groups) {
    const wanted = group.querySelector("[data-finding], [data-changed], [data-conflict]");
    const open = !large || wanted || (kept ? group.dataset.kept !== undefined : group.dataset.team === "company");
    const folded = filtered ? false : known[group.dataset.team] ?? !open;
    if (folded) fold(group, true, false);
  }
  if (all) {
    all.hidden = groups.length < 2;
    all.addEventListener("click", () => { const open = !groups.every(isFolded); groups.forEach((group) => fold(group, open, true)); });
    all.textContent = groups.every(isFolded) ? all.dataset.unfold : all.dataset.fold;
  }
})();
