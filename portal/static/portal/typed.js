/* What somebody has typed outlives the log-in: when a page is left and the log-in comes next, its forms are filled in
   again as soon as the same person is back on it. Never kept: passwords, files, hidden fields, secrets. It stays in
   this tab (sessionStorage) and is forgotten with it, or when anything but the log-in came next. */
(() => {
  "use strict";
  const { person, login, note } = document.currentScript.dataset;
  const KEY = "typed", KEPT = 24 * 3600 * 1000; // milliseconds
  const SECRET = /csrf|passw|token|secret|credential|^code$/i;
  const read = () => {
    try { return JSON.parse(sessionStorage.getItem(KEY)); } catch { return null; }
  };
  const write = (entry) => {
    try {
      if (entry) sessionStorage.setItem(KEY, JSON.stringify(entry));
      else sessionStorage.removeItem(KEY);
    } catch { /* private window, or more than it holds */ }
  };
  const here = () => location.pathname + location.search;

  /* A form is known by where it is sent to and its place among those that are sent there too, a field likewise. */
  const forms = () => {
    const seen = {};
    return [...document.forms].filter((form) => form.getAttribute("method")?.toLowerCase() === "post").map((form) => {
      const to = new URL(form.getAttribute("action") || "", location.href), action = to.pathname + to.search;
      seen[action] = (seen[action] ?? -1) + 1;
      return { form, action, place: seen[action] };
    });
  };
  const fields = (form) => {
    const seen = {};
    return [...form.elements].filter((field) => field.name).map((field) => {
      seen[field.name] = (seen[field.name] ?? -1) + 1;
      return { field, name: field.name, place: seen[field.name] };
    });
  };
  const isTyped = (field) => {
    if (field.disabled || field.readOnly || SECRET.test(field.name)) return false;
    if (field.type === "hidden") return "typed" in field.dataset;
    return field.matches("textarea, select, input:not([type=password], [type=file], [type=submit], [type=button], [type=reset], [type=image])");
  };
  const ticks = (field) => field.type === "checkbox" || field.type === "radio";
  const value = (field) => {
    if (ticks(field)) return field.checked;
    return field.matches("select") ? [...field.selectedOptions].map((option) => option.value) : field.value;
  };
  const isChanged = (field) => {
    if (field.type === "hidden") return field.value !== ""; // the value of a hidden one is its default
    if (ticks(field)) return field.checked !== field.defaultChecked;
    if (!field.matches("select")) return field.value !== field.defaultValue;
    const given = [...field.options].some((option) => option.defaultSelected);
    return given ? [...field.options].some((option) => option.selected !== option.defaultSelected) : field.selectedIndex > 0;
  };

  /* Only what was changed, so that what others have saved meanwhile stays; all of it where the page came with the
     words of a first try. Of hidden fields those with data-typed; "along" tells what the words were based on. */
  const collect = () => forms().map(({ form, action, place }) => {
    const again = "again" in form.dataset || form.querySelector("[aria-invalid=true], .error, .errorlist, [role=alert]");
    const kept = fields(form).filter(({ field }) => isTyped(field) && (again || isChanged(field)));
    const own = kept.filter(({ field }) => field.dataset.typed !== "along");
    return { action, place, fields: own.length ? kept.map((item) => ({ ...item, field: undefined, value: value(item.field) })) : [] };
  }).filter((item) => item.fields.length);

  const put = (field, kept) => {
    if (ticks(field)) field.checked = kept === true;
    else if (field.matches("select")) for (const option of field.options) option.selected = [].concat(kept).includes(option.value);
    else field.value = kept;
    for (let part = field.closest("details"); part; part = part.parentElement.closest("details")) part.open = true;
  };
  const tell = (homeless) => {
    const place = document.querySelector(".main .wide") || document.getElementById("content") || document.body;
    const banner = document.createElement("div"), box = document.createElement("div");
    banner.className = "banner";
    banner.dataset.tone = "info";
    banner.setAttribute("role", "status");
    box.textContent = note;
    for (const text of homeless) box.append(Object.assign(document.createElement("blockquote"), { textContent: text }));
    banner.append(box);
    place.prepend(banner);
  };
  const restore = (entry) => {
    const found = [], homeless = [], all = forms();
    for (const kept of entry.forms) {
      const form = all.find((item) => item.action === kept.action && item.place === kept.place);
      const known = form ? fields(form.form) : [];
      for (const item of kept.fields) {
        const match = known.find(({ name, place }) => name === item.name && place === item.place);
        if (match && isTyped(match.field)) { put(match.field, item.value); found.push(match.field); }
        else if (typeof item.value === "string" && item.value.trim()) homeless.push(item.value);
      }
    }
    tell(homeless);
    window.addEventListener("load", () => {
      for (const field of found) for (const name of ["input", "change"]) field.dispatchEvent(new Event(name, { bubbles: true }));
    });
  };

  const entry = read();
  if (entry && Date.now() - entry.at > KEPT) write(null);
  else if (entry && !person && location.pathname === login) {
    write({ ...entry, lost: true });
    const next = document.querySelector(".main input[name=next]");
    if (next) next.value = entry.page; // where it was typed, which need not be where it was sent to
  } else if (entry && person) {
    if (!entry.lost || entry.person !== person) write(null);
    else if (entry.page === here()) { write(null); restore(entry); }
  }
  window.addEventListener("pagehide", () => {
    const kept = person ? collect() : [];
    if (kept.length) write({ person, page: here(), at: Date.now(), forms: kept });
  });
})();
