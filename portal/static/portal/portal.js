/* Small comforts. Every page is complete without this file: links are links, forms are forms,
   times are written by the server. Words come from #live, which the server translates. */
(() => {
  "use strict";
  const live = document.getElementById("live");
  if (!live) return;
  const words = live.dataset;
  const all = (selector, root = document) => [...root.querySelectorAll(selector)];
  const fill = (text, values) => text.replace(/%(\w)/g, (whole, key) => values[key] ?? whole);
  const say = (text) => { live.textContent = text; };
  const visible = (element) => element.getClientRects().length > 0;

  /* Time. The server's "now" counts, not the clock of this device. */
  const drift = Number(words.now) * 1000 - Date.now() || 0;
  const now = () => (Date.now() + drift) / 1000;
  const spell = (seconds) => {
    let minutes = Math.floor(Math.abs(seconds) / 60);
    if (minutes < 1) return words.under;
    if (minutes < 60) return fill(words.minutes, { n: minutes });
    const hours = Math.floor(minutes / 60);
    minutes %= 60;
    if (hours < 24) {
      return minutes
        ? fill(words.hours, { h: hours, m: String(minutes).padStart(2, "0") })
        : fill(words.wholeHours, { n: hours });
    }
    return hours % 24
      ? fill(words.days, { d: Math.floor(hours / 24), h: hours % 24 })
      : fill(words.wholeDays, { n: hours / 24 });
  };
  const put = (element, text) => { if (element.textContent !== text) element.textContent = text; };

  const seen = new Map(); // due second -> seconds left at the last tick
  const announce = (element, left) => {
    const due = element.dataset.until;
    const before = seen.get(due);
    seen.set(due, left);
    if (before === undefined || before === left) return;
    const whole = Number(due) - Number(element.dataset.from);
    const passed = [[0, "zero"], [60, "minute"], [whole / 4, "quarter"], [whole / 2, "half"]]
      .find(([mark]) => before > mark && left <= mark);
    if (!passed) return;
    const part = element.closest(".next, .clock");
    const title = part && (part.querySelector("h2") || part.querySelector("span"));
    const text = fill(words[passed[1]], { t: spell(left + 30) });
    say(title ? `${title.textContent}: ${text}` : text);
  };
  const tick = () => {
    const told = new Set();
    for (const element of all("time[data-until]")) {
      const left = Number(element.dataset.until) - now();
      if (element.dataset.from && !told.has(element.dataset.until)) {
        told.add(element.dataset.until);
        announce(element, left);
      }
      if (left > 3600) continue;
      const pair = "pair" in element.dataset && element.previousElementSibling;
      const isNow = left <= 0 && -left < Number(element.dataset.grace || 0);
      if (pair) put(pair, left > 0 ? words.dueIn : isNow ? words.due : words.lateBy);
      if (isNow) put(element, pair ? words.atOnce : words.dueNow);
      else if (left > 0) put(element, fill(words.minutes, { n: Math.ceil(left / 60) }));
      else put(element, pair ? spell(left) : fill(words.late, { t: spell(left) }));
    }
    for (const element of all("time[data-since]")) put(element, spell(now() - Number(element.dataset.since)));
  };
  setInterval(() => { if (!document.hidden) tick(); }, 1000);
  document.addEventListener("visibilitychange", tick);

  /* Keys: all listed under "?", all can be switched off (WCAG 2.1.4), none acts by itself. */
  const store = {
    get: () => { try { return localStorage.getItem("keys"); } catch { return null; } },
    set: (value) => { try { localStorage.setItem("keys", value); } catch { /* private window */ } },
  };
  const help = document.getElementById("keys");
  const openHelp = () => { if (help && !help.open) help.showModal(); };
  const move = (step) => {
    const rows = all(".main .rows > li, .main .table tbody tr")
      .map((row) => row.querySelector("a[href]")).filter((link) => link && visible(link));
    if (!rows.length) return;
    const here = rows.findIndex((link) => link.closest("li, tr").contains(document.activeElement));
    const next = here < 0 ? (step > 0 ? 0 : rows.length - 1) : Math.min(rows.length - 1, Math.max(0, here + step));
    rows[next].focus();
  };
  const follow = (target) => {
    if (!target) return false;
    target.closest("details:not([open])")?.setAttribute("open", "");
    if (target.matches("a[href]")) target.click();
    else target.focus();
    return true;
  };
  /* Command palette: a list from the server, the arrows choose in it, the focus stays in the field. */
  const palette = document.getElementById("palette");
  const typed = document.getElementById("palette-q");
  const list = document.getElementById("palette-list");
  const lostList = document.getElementById("palette-lost");
  const options = () => all("[role=option]", list);
  const choose = (option) => {
    options().forEach((one, place) => {
      one.id = `palette-${place}`;
      one.setAttribute("aria-selected", String(one === option));
    });
    if (option) {
      typed.setAttribute("aria-activedescendant", option.id);
      option.scrollIntoView({ block: "nearest" });
    } else typed.removeAttribute("aria-activedescendant");
  };
  const openPalette = () => {
    if (!palette || palette.open) return false;
    if (document.querySelector("dialog[open]")) return true;
    palette.showModal();
    typed.value = "";
    typed.focus();
    typed.dispatchEvent(new CustomEvent("palette"));
    return true;
  };
  if (palette) {
    const fresh = () => typed.value === (list.dataset.typed ?? "");
    /* Enter before the list has come: go to its first place as soon as it is there, or search. */
    let entered = false;
    const enter = () => {
      entered = false;
      if (options()[0]) options()[0].click();
      else typed.form.requestSubmit();
    };
    typed.addEventListener("input", () => { entered = false; });
    palette.addEventListener("close", () => { entered = false; });
    palette.addEventListener("keydown", (event) => {
      if (event.isComposing || event.target !== typed) return;
      if (event.key === "Escape") { // a search field would only be emptied
        event.preventDefault();
        palette.close();
        return;
      }
      const here = options().findIndex((one) => one.getAttribute("aria-selected") === "true");
      const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
      const count = options().length;
      if (step && count) {
        event.preventDefault();
        choose(options()[(here + step + count) % count]);
      } else if (event.key === "Enter" && here >= 0 && fresh()) {
        event.preventDefault();
        options()[here].click();
      } else if (event.key === "Enter" && !fresh() && lostList.hidden) {
        event.preventDefault();
        entered = true;
      }
    });
    list.addEventListener("htmx:beforeSwap", () => { lostList.hidden = true; });
    list.addEventListener("htmx:afterSwap", (event) => {
      list.dataset.typed = new URL(event.detail.xhr.responseURL || "/", location.href).searchParams.get("q") ?? "";
      choose(options()[0]);
      if (entered && fresh()) enter();
    });
    for (const name of ["htmx:responseError", "htmx:sendError"]) {
      typed.addEventListener(name, () => { list.replaceChildren(); choose(null); lostList.hidden = false; if (entered) enter(); });
    }
    palette.addEventListener("click", (event) => { if (event.target === palette) palette.close(); });
  }
  document.addEventListener("keydown", (event) => {
    if (!(event.ctrlKey || event.metaKey) || event.altKey || event.shiftKey || event.key.toLowerCase() !== "k") return;
    if (store.get() === "off" || event.isComposing || !palette) return;
    event.preventDefault();
    if (palette.open) palette.close();
    else openPalette();
  });
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.isComposing || event.defaultPrevented) return;
    if (store.get() === "off" || document.querySelector("dialog[open]")) return;
    /* The focus stays for a moment in a dialog that has just closed; nobody types there. */
    const field = event.target.closest?.("input, textarea, select, [contenteditable]");
    if (field && visible(field)) return;
    const key = event.key;
    const go = Date.now() - going < 1500;
    going = 0;
    let done = true;
    if (go && /^[a-z]$/.test(key)) done = follow(document.querySelector(`.nav [data-go="${key}"]`));
    else if (key === "g") going = Date.now();
    else if (key === "?") openHelp();
    else if (key === "/") {
      const find = document.getElementById("find");
      done = Boolean(find && visible(find));
      if (done) find.focus();
    } else if (key === "j") move(1);
    else if (key === "k") move(-1);
    else if (/^[audnp]$/.test(key)) {
      const doors = all(`.main [data-key~="${key}"], .dock [data-key~="${key}"]`);
      done = follow(doors.find(visible) ?? doors.find((one) => one.closest("details:not([open])")));
    }
    else done = false;
    if (done) event.preventDefault();
  });
  const keysOn = document.getElementById("keys-on");
  if (keysOn) {
    keysOn.checked = store.get() !== "off";
    keysOn.addEventListener("change", () => store.set(keysOn.checked ? "on" : "off"));
  }

  /* Clicks: help, copy, the waiting new entries */
  document.addEventListener("click", async (event) => {
    const door = event.target.closest?.("[data-palette]");
    if (door && !event.ctrlKey && !event.metaKey && !event.shiftKey && openPalette()) { event.preventDefault(); return; }
    const target = event.target.closest?.("[data-keys], [data-copy], [data-fresh]");
    if (!target) return;
    if ("keys" in target.dataset) openHelp();
    else if ("copy" in target.dataset) {
      try {
        await navigator.clipboard.writeText(target.dataset.copy);
        say(words.copied);
        const text = target.textContent;
        target.textContent = words.copied;
        setTimeout(() => { target.textContent = text; }, 2000);
      } catch { /* the text stands beside the button */ }
    } else show(target);
  });

  /* New entries wait above a line "3 new", never under the reading finger. */
  const waiting = (line) => all(":scope > [data-waits]", document.querySelector(line.dataset.fresh) || line);
  const show = (line) => {
    const entries = waiting(line);
    for (const entry of entries) {
      entry.hidden = false;
      entry.removeAttribute("data-waits");
      entry.classList.add("arrived");
    }
    line.hidden = true;
    if (entries[0]) { entries[0].tabIndex = -1; entries[0].focus({ preventScroll: true }); }
  };
  const watch = (line) => {
    const list = document.querySelector(line.dataset.fresh);
    if (!list || line.dataset.watched) return;
    line.dataset.watched = "1";
    new MutationObserver((changes) => {
      const entries = changes.flatMap((change) => [...change.addedNodes]).filter((node) => node.nodeType === 1);
      if (!entries.length) return;
      for (const entry of entries) {
        entry.hidden = true;
        entry.setAttribute("data-waits", "");
      }
      const text = fill(line.dataset.word || "%n", { n: waiting(line).length });
      line.textContent = text;
      line.hidden = false;
      say(text);
    }).observe(list, { childList: true });
  };

  /* A form goes once; the server decides anyway (submission key). */
  const release = (form) => {
    delete form.dataset.sent;
    for (const button of all("button[data-held]", form)) {
      button.disabled = false;
      button.removeAttribute("data-held");
    }
  };
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || "resend" in form.dataset || event.defaultPrevented) return;
    if (form.hasAttribute("hx-post") || form.target) return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "1";
    say(words.sending);
    setTimeout(() => {
      for (const button of all("button:not([type=button]):not(:disabled)", form)) {
        button.disabled = true;
        button.setAttribute("data-held", "");
      }
    });
    setTimeout(release, 15000, form);
  });
  window.addEventListener("pageshow", (event) => { if (event.persisted) all("form[data-sent]").forEach(release); });

  /* The person's choice of light or dark is a cookie, so that the server draws it without a flash. */
  document.addEventListener("change", (event) => {
    if (!event.target.matches?.("[data-theme-choice]")) return;
    const theme = event.target.value;
    const age = theme ? 31536000 : 0;
    document.cookie = `theme=${theme}; path=/; max-age=${age}; samesite=lax`;
    if (theme) document.documentElement.dataset.theme = theme;
    else delete document.documentElement.dataset.theme;
  });

  /* htmx: say when the portal cannot be reached, and when it can again */
  const lost = document.getElementById("lost");
  const signedOut = document.getElementById("signed-out");
  document.addEventListener("htmx:sendError", () => { if (lost) lost.hidden = false; });
  document.addEventListener("htmx:responseError", (event) => {
    if (lost && event.detail.xhr.status >= 500) lost.hidden = false; // a live part asks again at its next turn
    if (signedOut && event.detail.xhr.status === 401) signedOut.hidden = false;
  });
  document.addEventListener("htmx:afterOnLoad", (event) => { if (lost && event.detail.xhr.status < 500) lost.hidden = true; });

  /* A part that is drawn anew keeps what is open in it, what somebody types and where the focus is. */
  const mark = (element) => element.closest("form, li, section")?.querySelector("h2, h3, .person, a, [name]")?.textContent.trim();
  const same = (element) => [
    element.localName, element.name || element.getAttribute("href") || "",
    element.closest("form")?.getAttribute("action") || "", element.textContent.trim().slice(0, 80), mark(element) || "",
  ].join("|");
  const fields = "input:not([type=hidden]), textarea, select";
  const valueOf = (field) => (/^(checkbox|radio)$/.test(field.type) ? String(field.checked) : field.value);
  const changed = (field) => (field.localName === "select"
    ? [...field.options].some((one) => one.selected !== one.defaultSelected) && field.selectedIndex > 0
    : valueOf(field) !== (/^(checkbox|radio)$/.test(field.type) ? String(field.defaultChecked) : field.defaultValue));
  const keepOf = (part) => {
    const here = document.activeElement;
    return {
      open: new Set(all("details[open] > summary", part).map(same)),
      typed: new Map(all(fields, part).filter(changed).map((field) => [same(field), field])),
      focus: part.contains(here) && here !== part ? same(here) : "",
    };
  };
  const giveBack = (part, kept) => {
    for (const summary of all("details > summary", part)) if (kept.open.has(same(summary))) summary.parentElement.open = true;
    for (const field of all(fields, part)) {
      const was = kept.typed.get(same(field));
      if (!was) continue;
      if (/^(checkbox|radio)$/.test(field.type)) field.checked = was.checked;
      else field.value = was.value;
    }
    if (kept.focus) all("a, button, summary, input, textarea, select", part).find((one) => same(one) === kept.focus)?.focus({ preventScroll: true });
  };
  const kept = new Map();
  const remember = (event) => {
    const part = event.detail.target;
    if (part?.matches?.("[data-keep][id]")) kept.set(part.id, keepOf(part));
  };
  const restore = () => {
    for (const [id, what] of kept) {
      const part = document.getElementById(id);
      if (part) giveBack(part, what);
    }
    kept.clear();
  };
  document.addEventListener("htmx:beforeSwap", remember);
  document.addEventListener("htmx:oobBeforeSwap", remember);
  document.addEventListener("htmx:afterSwap", restore);

  const dress = (root) => {
    for (const button of all("button[data-copy][hidden], button[data-keys][hidden], [data-scripted][hidden]", root)) button.hidden = false;
    all("[data-fresh]", root).forEach(watch);
    root.querySelector("[data-focus]")?.focus();
  };
  // The address of a form may name its place ("#give"): going there takes the focus from what is wrong in it.
  if (location.hash) addEventListener("load", () => requestAnimationFrame(() => document.querySelector("[data-focus]")?.focus()));
  document.addEventListener("htmx:afterSettle", (event) => { dress(event.detail.elt || document); tick(); });
  dress(document);
  tick();
})();
