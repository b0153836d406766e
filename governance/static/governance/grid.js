// The ownership grid by keyboard: arrows move, Enter edits, Esc gives up, Tab goes on; fill, copy, paste, undo.
// Without this script every cell is a link to its own form. Only changed cells are sent, each with its token.
"use strict";
(() => {
  const table = document.getElementById("grid"), form = document.getElementById("save");
  if (!table || !form) return;
  const words = document.getElementById("words").dataset, count = document.getElementById("changes");
  const sent = form.elements.edits, token = form.elements.csrfmiddlewaretoken.value;
  const squares = [...table.querySelectorAll("tbody tr:not(.group)")].map((row) => [...row.querySelectorAll("td")]);
  const place = new Map();
  squares.forEach((row, y) => row.forEach((cell, x) => place.set(cell, [x, y])));
  const changed = new Map(), before = new Map(), past = [];
  let from = null, at = null, editing = null, saving = false;

  const link = (cell) => cell.querySelector("a");
  const address = (cell) => decodeURIComponent(link(cell).pathname.split("/").at(-2));
  const editable = (cell) => cell && cell.dataset.token !== undefined;
  const text = (cell) => changed.has(cell) ? changed.get(cell) : cell.dataset.text || "";
  const made = (name, words, ...inner) => {
    const node = document.createElement(name);
    node.append(...(words ? [words] : []), ...inner);
    return node;
  };

  // Where one is, and what is picked

  function go(cell, extend) {
    if (!cell) return;
    if (at) link(at).tabIndex = -1;
    if (!extend || !from) from = cell;
    at = cell;
    link(at).tabIndex = 0;
    link(at).focus();
    at.scrollIntoView({ block: "nearest", inline: "nearest" });
    table.querySelectorAll("[data-picked]").forEach((other) => delete other.dataset.picked);
    if (from !== at) picked().flat().forEach((other) => { other.dataset.picked = ""; });
  }

  function picked() {
    if (!at) return [];
    const [ax, ay] = place.get(from), [bx, by] = place.get(at);
    return squares.slice(Math.min(ay, by), Math.max(ay, by) + 1)
      .map((row) => row.slice(Math.min(ax, bx), Math.max(ax, bx) + 1));
  }

  function step(x, y, extend) {
    const [cx, cy] = place.get(at);
    go((squares[cy + y] || [])[cx + x], extend);
  }

  // Changing cells, and taking it back

  function change(pairs) {
    const batch = pairs.filter(([cell, value]) => editable(cell) && text(cell) !== value);
    if (!batch.length) return;
    past.push(batch.map(([cell]) => [cell, changed.get(cell)]));
    batch.forEach(([cell, value]) => put(cell, value));
    look(batch.map(([cell]) => cell));
  }

  function put(cell, value) {
    if (!before.has(cell)) before.set(cell, { nodes: [...cell.childNodes], data: { ...cell.dataset } });
    if (value === undefined || value === (cell.dataset.text || "")) {
      changed.delete(cell);
      const old = before.get(cell);
      cell.replaceChildren(...old.nodes);
      for (const name of ["changed", "problem", "finding"]) delete cell.dataset[name];
      Object.assign(cell.dataset, old.data);
    } else {
      changed.set(cell, value);
      draw(cell, { name: value || words.inherits, flaws: [], then: "", problem: "" });
    }
    tell();
  }

  function draw(cell, said) {
    const old = before.get(cell).nodes.find((node) => node.nodeName === "A");
    const anchor = old.cloneNode(true), letter = anchor.querySelector("i");
    anchor.replaceChildren(...(letter && said.name !== words.inherits ? [letter] : []), made("b", said.name));
    const lines = [];
    if (said.then) lines.push(made("small", words.then.replace("%n", said.then)));
    if (said.minutes) lines.push(made("small", words.min.replace("%n", said.minutes)));
    for (const flaw of [...said.flaws, ...(said.problem ? [{ words: said.problem }] : [])]) {
      const line = made("small", flaw.words);
      line.dataset.flaw = "";
      lines.push(line);
    }
    lines.push(made("small", words.was.replace("%n", old.querySelector("b").textContent)));
    const focused = cell.contains(document.activeElement);
    cell.replaceChildren(anchor, ...lines);
    delete cell.dataset.from;
    delete cell.dataset.problem;
    if (said.problem) { delete cell.dataset.changed; cell.dataset.problem = ""; } else cell.dataset.changed = "";
    anchor.tabIndex = cell === at ? 0 : -1;
    if (focused) anchor.focus();
  }

  async function look(cells) {
    const asked = cells.filter((cell) => changed.has(cell)).map((cell) => [cell, changed.get(cell)]);
    if (!asked.length) return;
    const body = new FormData();
    body.set("csrfmiddlewaretoken", token);
    body.set("edits", JSON.stringify(asked.map(([cell, value]) => ({ cell: address(cell), text: value }))));
    try {
      const answer = await fetch(form.dataset.check, { method: "POST", body });
      const found = (await answer.json()).cells;
      asked.forEach(([cell, value], index) => {
        if (changed.get(cell) !== value) return;
        const said = found[index];
        if (!said.problem && said.text) changed.set(cell, said.text);
        if (changed.get(cell) === (cell.dataset.text || "")) put(cell, undefined);
        else draw(cell, { ...said, name: said.name || value || words.inherits });
      });
      tell();
    } catch { /* the text stays as typed; saving looks it up again */ }
  }

  function undo() {
    const batch = past.pop();
    if (!batch) return;
    batch.forEach(([cell, value]) => put(cell, value));
    look(batch.map(([cell]) => cell));
    go(batch[0][0]);
  }

  function tell() {
    const data = count.dataset, many = changed.size;
    count.textContent = many === 0 ? data.none : many === 1 ? data.one : data.many.replace("%n", many);
    sent.value = many === 0 ? "" : JSON.stringify([...changed].map(([cell, value]) =>
      ({ cell: address(cell), text: value, token: cell.dataset.token })));
  }

  // One cell under edit

  function edit(cell, first) {
    if (!editable(cell) || editing) return;
    const input = made("input"), list = made("ul"), held = [...cell.childNodes];
    let choices = [], chosen = -1, timer = 0, asked = 0;
    input.value = first === undefined ? text(cell) : first;
    input.autocomplete = "off";
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-label", words.edit);
    input.setAttribute("aria-controls", "suggest");
    input.setAttribute("aria-expanded", "false");
    list.id = "suggest";
    list.className = "suggest";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", words.suggest);
    list.hidden = true;

    const show = () => {
      list.replaceChildren(...choices.map((choice, index) => {
        const item = made("li", choice.name, made("small", choice.note));
        item.id = `suggest-${index}`;
        item.setAttribute("role", "option");
        item.setAttribute("aria-selected", String(index === chosen));
        item.addEventListener("mousedown", (event) => { event.preventDefault(); chosen = index; take(); });
        return item;
      }));
      list.hidden = !choices.length;
      input.setAttribute("aria-expanded", String(!list.hidden));
      if (chosen < 0) input.removeAttribute("aria-activedescendant");
      else input.setAttribute("aria-activedescendant", `suggest-${chosen}`);
    };
    const take = () => {
      const parts = input.value.split(";");
      parts[parts.length - 1] = (parts.length > 1 ? " " : "") + choices[chosen].label;
      input.value = parts.join(";");
      choices = [];
      chosen = -1;
      show();
    };
    const ask = async () => {
      const wanted = input.value.split(";").at(-1).trim(), mine = ++asked;
      let found = [];
      if (wanted && !/^\d/.test(wanted)) {
        try {
          found = (await (await fetch(`${form.dataset.people}?q=${encodeURIComponent(wanted)}`)).json()).choices;
        } catch { found = []; }
      }
      if (mine !== asked || editing !== cell) return;
      choices = found.slice(0, 8);
      chosen = -1;
      show();
    };
    const end = (keep) => {
      if (editing !== cell) return;
      editing = null;
      clearTimeout(timer);
      cell.replaceChildren(...held);
      if (keep) change([[cell, input.value.trim()]]);
    };
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 150); });
    input.addEventListener("blur", () => end(true));
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") { end(false); go(cell); }
      else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && choices.length) {
        chosen = (chosen + (event.key === "ArrowDown" ? 1 : choices.length)) % choices.length;
        show();
      } else if (event.key === "Enter" && chosen >= 0) take();
      else if (event.key === "Enter") { end(true); go(cell); }
      else if (event.key === "Tab") {
        if (chosen >= 0) take();
        end(true);
        at = cell;
        step(event.shiftKey ? -1 : 1, 0);
        if (at === cell) return;
      } else return;
      event.preventDefault();
    });
    go(cell);
    editing = cell;
    cell.replaceChildren(input, list);
    input.focus();
    input.select();
  }

  // Keys, mouse and clipboard

  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  table.addEventListener("keydown", (event) => {
    if (!at || editing || event.altKey) return;
    const command = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
    if (moves[event.key] && !command) step(...moves[event.key], event.shiftKey);
    else if (event.key === "Enter" || event.key === "F2") { if (!editable(at)) return; edit(at); }
    else if (event.key === "Escape") go(at);
    else if (event.key === "Delete" || event.key === "Backspace") change(picked().flat().map((cell) => [cell, ""]));
    else if (command && key === "d") fill(0, -1);
    else if (command && key === "r") fill(-1, 0);
    else if (command && key === "z") undo();
    else if (event.key.length === 1 && !command && event.key !== " " && editable(at)) edit(at, event.key);
    else return;
    event.preventDefault();
  });

  function fill(x, y) {
    const rows = picked(), alone = rows.length === 1 && rows[0].length === 1;
    change(rows.flatMap((row, ry) => row.map((cell, rx) => {
      const [cx, cy] = place.get(cell);
      const source = alone ? (squares[cy + y] || [])[cx + x] : y ? rows[0][rx] : rows[ry][0];
      return [cell, source ? text(source) || shown(source) : text(cell)];
    })));
  }
  const shown = (cell) => cell.dataset.text || "";

  table.addEventListener("mousedown", (event) => {
    const cell = event.target.closest("td");
    if (!cell || editing === cell || event.button) return;
    if (event.shiftKey && at) { event.preventDefault(); go(cell, true); }
  });
  table.addEventListener("click", (event) => {
    const cell = event.target.closest("td");
    if (!cell || !editable(cell) || event.ctrlKey || event.metaKey || editing === cell) return;
    event.preventDefault();
    if (!event.shiftKey) edit(cell);
  });
  table.addEventListener("focusin", (event) => {
    const cell = event.target.closest("td");
    if (cell && cell !== at && !editing) go(cell);
  });

  const here = () => at && !editing && at.contains(document.activeElement);
  document.addEventListener("copy", (event) => {
    if (!here()) return;
    event.clipboardData.setData("text/plain", picked().map((row) => row.map(text).join("\t")).join("\n"));
    event.preventDefault();
  });
  document.addEventListener("paste", (event) => {
    if (!here()) return;
    const lines = event.clipboardData.getData("text/plain").replace(/\r\n?/g, "\n").replace(/\n$/, "").split("\n");
    const values = lines.map((line) => line.split("\t").map((part) => part.trim().replace(/^"(.*)"$/, "$1")));
    const rows = picked(), alone = values.length === 1 && values[0].length === 1;
    const [x, y] = place.get(rows[0][0]);
    change(alone ? rows.flat().map((cell) => [cell, values[0][0]]) : values.flatMap((row, ry) =>
      row.map((value, rx) => [(squares[y + ry] || [])[x + rx], value]).filter(([cell]) => cell)));
    event.preventDefault();
  });

  form.addEventListener("submit", (event) => { saving = !event.submitter?.formTarget; });
  window.addEventListener("beforeunload", (event) => { if (changed.size && !saving) event.preventDefault(); });
  window.addEventListener("pageshow", () => { saving = false; });

  squares.flat().forEach((cell) => { link(cell).tabIndex = -1; });
  if (squares[0] && squares[0][0]) { at = from = squares[0][0]; link(at).tabIndex = 0; }
  document.getElementById("keys").hidden = false;
  const again = sent.value ? JSON.parse(sent.value) : [];
  if (again.length) {
    const known = new Map(squares.flat().map((cell) => [address(cell), cell]));
    change(again.map((item) => [known.get(item.cell), item.text]).filter(([cell]) => cell));
  }
})();
