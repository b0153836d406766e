/* The section editor: rows come and go without leaving the page, and what is wrong is looked up while one types.
   Everything works without this file: each button is a submit button that returns the whole page. */
(() => {
  "use strict";
  let dirty = false;
  let timer = 0;
  let asked = 0;
  const form = () => document.getElementById("section");
  if (!form()) return;

  const read = async (submitter) => {
    const data = new FormData(form());
    data.set("do", submitter);
    const answer = await fetch(form().action, { method: "POST", body: data, credentials: "same-origin" });
    if (!answer.ok) throw new Error(String(answer.status));
    return new DOMParser().parseFromString(await answer.text(), "text/html");
  };

  const keepOpen = (page) => {
    /* Rows that were open stay open, wherever they have moved to. */
    const open = new Set([...document.querySelectorAll("details.row-card[open]")].map(named).filter(Boolean));
    for (const row of page.querySelectorAll("details.row-card")) if (open.has(named(row))) row.open = true;
  };
  const named = (row) => row.querySelector("input[type=hidden][name$='.key']")?.value || row.querySelector("input:not([type=hidden])")?.value;

  const arrange = async (button) => {
    const order = button.value;
    button.disabled = true;
    try {
      const page = await read(order);
      const fresh = page.getElementById("section");
      if (!fresh) throw new Error("no form");
      keepOpen(page);
      form().replaceChildren(...document.adoptNode(fresh).childNodes);
      form().dataset.again = ""; // the fields came with what was typed, see typed.js
      document.querySelector(".tabs")?.replaceWith(document.adoptNode(page.querySelector(".tabs")));
      changed();
      form().querySelector("[autofocus]")?.focus();
    } catch {
      button.disabled = false;
      const plain = document.createElement("input");
      Object.assign(plain, { type: "hidden", name: "do", value: order });
      form().append(plain);
      dirty = false;
      form().submit();
    }
  };

  const check = async () => {
    const mine = ++asked;
    try {
      const page = await read("check");
      if (mine !== asked) return;
      for (const place of document.querySelectorAll("[data-findings], #elsewhere")) {
        const fresh = page.getElementById(place.id);
        if (!fresh || fresh.innerHTML === place.innerHTML) continue;
        place.replaceChildren(...document.adoptNode(fresh).childNodes);
        const field = place.closest(".field");
        const wrong = Boolean(place.querySelector("[data-level=blocking]"));
        field?.classList.toggle("wrong", wrong);
        const control = field?.querySelector(":scope > input, :scope > textarea, :scope > select");
        if (wrong) control?.setAttribute("aria-invalid", "true"); else control?.removeAttribute("aria-invalid");
      }
      for (const row of document.querySelectorAll("details.row-card")) {
        const fresh = page.getElementById(row.id)?.querySelector("summary");
        if (fresh) row.querySelector("summary").replaceChildren(...document.adoptNode(fresh).childNodes);
      }
      const tabs = page.querySelector(".tabs");
      if (tabs) document.querySelector(".tabs")?.replaceWith(document.adoptNode(tabs));
    } catch { /* saving says it */ }
  };

  const changed = () => {
    dirty = true;
    document.getElementById("review")?.classList.remove("default");
    document.getElementById("save")?.classList.add("default");
  };
  document.addEventListener("input", (event) => {
    if (event.target.form !== form()) return;
    changed();
    clearTimeout(timer);
    if (event.target.id !== "reason") timer = setTimeout(check, 700);
  });
  document.addEventListener("submit", (event) => {
    if (event.target !== form()) return;
    clearTimeout(timer);
    const button = event.submitter;
    if (!button || button.value === "save") { dirty = false; return; }
    event.preventDefault();
    arrange(button);
  });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
})();
