/* The editor: what is typed is kept after two seconds, rows come and go without leaving the page.
   Everything works without this file: each button is a submit button that returns the whole page. */
(() => {
  "use strict";
  const PAUSE = 2000; // milliseconds after the last key
  let dirty = false, timer = 0, asked = 0, busy = 0, waiting = Promise.resolve();
  const form = () => document.getElementById("section");
  if (!form()) return;

  const read = async (order) => {
    const data = new FormData(form());
    data.set("do", order);
    const answer = await fetch(form().action, { method: "POST", body: data, credentials: "same-origin" });
    if (!answer.ok || !answer.headers.get("content-type")?.startsWith("text/html")) throw new Error(String(answer.status));
    return { page: new DOMParser().parseFromString(await answer.text(), "text/html"), url: answer.url, moved: answer.redirected };
  };
  const live = (page) => {
    for (const place of document.querySelectorAll("[data-live]")) {
      const fresh = place.id && page.getElementById(place.id);
      if (!fresh || fresh.innerHTML === place.innerHTML) continue;
      place.replaceChildren(...document.adoptNode(fresh.cloneNode(true)).childNodes);
      const field = place.closest(".field");
      if (!field || !place.classList.contains("found")) continue;
      const wrong = Boolean(place.querySelector("[data-level=blocking]"));
      field.classList.toggle("wrong", wrong);
      const control = field.querySelector(":scope > input, :scope > textarea, :scope > select");
      if (wrong) control?.setAttribute("aria-invalid", "true"); else control?.removeAttribute("aria-invalid");
    }
  };
  /* What stands for rows and for the words that were read follows what has been saved. */
  const follow = (page) => {
    const fresh = page.getElementById("section");
    if (!fresh) return;
    for (const field of form().querySelectorAll("input[data-follows]")) {
      const other = fresh.querySelector(`input[data-follows][name="${CSS.escape(field.name)}"]`);
      if (other) field.value = other.value;
    }
    if (form().getAttribute("action") !== fresh.getAttribute("action")) {
      form().setAttribute("action", fresh.getAttribute("action"));
      history.replaceState(history.state, "", fresh.getAttribute("action"));
    }
  };
  /* What somebody goes on typing while a row comes or goes is put into the fields that come back. */
  const ticks = (field) => field.type === "checkbox" || field.type === "radio";
  const state = (field) => ticks(field) ? field.checked : field.value;
  const standing = () => [...form().elements].filter((field) => field.name && field.type !== "hidden").map((field) => [field, state(field)]);
  const carry = (sent, fresh) => {
    for (const [field, before] of sent) {
      if (state(field) === before) continue;
      const other = [...fresh.elements].find((one) => one.name === field.name && (!ticks(one) || one.value === field.value));
      if (!other || state(other) !== before) continue;
      if (ticks(other)) other.checked = field.checked; else other.value = field.value;
    }
  };
  const note = (text) => { const place = document.getElementById("note"); if (place) place.textContent = text; };

  const keep = async () => {
    const mine = ++asked;
    try {
      const { page } = await read("draft");
      if (!page.getElementById("section")) throw new Error("no form");
      follow(page); // also when somebody typed on: what was sent is saved
      if (mine !== asked) return;
      dirty = false;
      live(page);
    } catch { note(form().dataset.failed); }
  };
  const arrange = async (button) => {
    const order = button.value, sent = standing();
    button.disabled = true;
    asked++;
    try {
      const { page, url, moved } = await read(order);
      if (moved) { dirty = false; location.assign(url); return; }
      const fresh = page.getElementById("section");
      if (!fresh) throw new Error("no form");
      live(page);
      carry(sent, fresh);
      form().setAttribute("action", fresh.getAttribute("action"));
      form().replaceChildren(...document.adoptNode(fresh).childNodes);
      form().dataset.again = ""; // the fields came with what was typed, see typed.js
      (form().querySelector("[data-focus]") || form().querySelector("[autofocus]"))?.focus();
      later();
    } catch {
      button.disabled = false;
      const plain = document.createElement("input");
      Object.assign(plain, { type: "hidden", name: "do", value: order });
      form().append(plain);
      dirty = false;
      form().submit();
    }
  };
  const later = () => {
    dirty = true;
    asked++;
    clearTimeout(timer);
    timer = setTimeout(() => { waiting = waiting.then(keep); }, PAUSE);
  };
  document.addEventListener("input", (event) => { if (event.target.form === form()) later(); });
  document.addEventListener("submit", (event) => {
    if (event.target !== form()) return;
    clearTimeout(timer);
    const button = event.submitter;
    if (button && !["save", "again"].includes(button.value)) {
      event.preventDefault();
      busy++;
      waiting = waiting.then(() => arrange(button)).finally(() => { busy--; });
    } else if (busy) { // a row still comes or goes
      event.preventDefault();
      waiting = waiting.then(() => form().requestSubmit(form().querySelector(`[name=do][value=${button?.value || "save"}]`)));
    } else dirty = false;
  });
  window.addEventListener("beforeunload", (event) => { if (dirty) event.preventDefault(); });
})();
