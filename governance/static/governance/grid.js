// The ownership grid by keyboard: arrows move, Enter edits, Esc gives up, Tab goes on; fill, copy, paste, undo.
// Without this script every cell is a link to its own form. Only changed cells are sent, each with its token.
// grid_groups.js folds the rows of a team; folded rows are not there for arrows, fill and paste.
// grid_people.js is the field in which a cell is typed, grid_text.js reads what a spreadsheet copied.
"use strict";
(() => {
  const table = document.getElementById("grid"), form = document.getElementById("save");
  if (!table || !form) return;
  const words = document.getElementById("words").dataset, count = document.getElementById("changes");
  const unsaved = document.getElementById("unsaved"), dialog = document.getElementById("copy");
  const sent = form.elements.edits, token = form.elements.csrfmiddlewaretoken.value;
  const lines = [...table.querySelectorAll("tbody tr:not(.group)")];
  const cellsOf = new Map(lines.map((row) => [row, [...row.querySelectorAll("td")]]));
  const columns = [...table.querySelectorAll("thead th")].slice(1).map((head) => head.textContent.trim());
  const heads = columns.map(plain);
  const changed = new Map(), before = new Map(), flaws = new Map(), past = [], future = [];
  const small = matchMedia("(pointer: coarse), (width < 34rem)"), hint = document.getElementById("plain");
  const bar = () => { form.hidden = small.matches && !changed.size; if (hint) hint.hidden = !form.hidden; };
  let squares = [], place = new Map(), from = null, at = null, editing = null, saving = false;

  function lay() {
    squares = lines.filter((row) => !row.hidden).map((row) => cellsOf.get(row));
    place = new Map();
    squares.forEach((row, y) => row.forEach((cell, x) => place.set(cell, [x, y])));
    if (at && !place.has(at)) { link(at).tabIndex = -1; at = from = null; }
    if (from && !place.has(from)) from = at;
    if (!at && squares[0] && squares[0][0]) { at = from = squares[0][0]; link(at).tabIndex = 0; }
  }

  function plain(words) { return words.trim().replace(/\s+/g, " ").toLowerCase(); }
  const link = (cell) => cell.querySelector("a");
  const title = (row) => row.querySelector("th").firstChild.textContent.trim();
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
    if (!cell) return; if (!place.has(cell)) cell.closest("tbody").dispatchEvent(new Event("unfold"));
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
    const [cx, cy] = place.get(at), head = cx + x < 0 && !extend && squares[cy][0].parentNode.querySelector("th a");
    if (head) head.focus();
    else go((squares[cy + y] || [])[cx + x], extend);
  }

  // Changing cells, and taking it back

  function change(pairs) {
    const batch = pairs.filter(([cell, value]) => editable(cell) && text(cell) !== value);
    if (!batch.length) return;
    past.push(batch.map(([cell]) => [cell, changed.get(cell)]));
    future.length = 0;
    batch.forEach(([cell, value]) => put(cell, value));
    look(batch.map(([cell]) => cell));
  }

  function put(cell, value) {
    if (!before.has(cell)) before.set(cell, { nodes: [...cell.childNodes], data: { ...cell.dataset } });
    if (value === undefined || value === (cell.dataset.text || "")) {
      changed.delete(cell);
      flaws.delete(cell);
      const old = before.get(cell);
      cell.replaceChildren(...old.nodes);
      for (const name of ["changed", "problem", "finding", "from"]) delete cell.dataset[name];
      Object.assign(cell.dataset, old.data);
    } else {
      changed.set(cell, value);
      draw(cell, { name: value, flaws: [], then: "", problem: "" });
    }
    tell();
  }

  function draw(cell, said) {
    const old = before.get(cell).nodes.find((node) => node.nodeName === "A");
    const anchor = old.cloneNode(true), letter = anchor.querySelector("i");
    anchor.replaceChildren(...(letter ? [letter] : []), made("b", said.name || said.inherits || words.inherits));
    const lines = [], wrong = [...said.flaws, ...(said.problem ? [{ level: "blocking", words: said.problem }] : [])];
    if (said.then) lines.push(made("small", words.then.replace("%n", said.then)));
    if (said.minutes) lines.push(made("small", words.min.replace("%n", said.minutes)));
    if (said.inherits) lines.push(made("small", said.origin || words.inherits));
    for (const flaw of wrong) {
      const line = made("small", flaw.words);
      line.dataset.flaw = "";
      lines.push(line);
    }
    lines.push(made("small", words.was.replace("%n", old.querySelector("b").textContent)));
    const focused = cell.contains(document.activeElement);
    cell.replaceChildren(anchor, ...lines);
    for (const name of ["from", "problem", "finding"]) delete cell.dataset[name];
    cell.dataset.changed = "";
    if (said.inherits) cell.dataset.from = "";
    if (said.problem) cell.dataset.problem = "";
    else if (wrong.length) cell.dataset.finding = wrong.some((flaw) => flaw.level === "blocking") ? "block" : "advise";
    flaws.set(cell, wrong);
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
        if (changed.get(cell) !== value || editing === cell) return;  // never takes the field from who types in it
        const said = found[index];
        if (!said.problem && said.text) changed.set(cell, said.text);
        if (said.same || changed.get(cell) === (cell.dataset.text || "")) put(cell, undefined);
        else draw(cell, { ...said, name: said.name || value });
      });
      tell();
    } catch { /* the text stays as typed; saving looks it up again */ }
  }

  function undo(stack, other) {
    const batch = stack.pop(); if (!batch) return;
    other.push(batch.map(([cell]) => [cell, changed.get(cell)]));
    batch.forEach(([cell, value]) => put(cell, value));
    look(batch.map(([cell]) => cell)); go(batch[0][0]);
  }

  function tell(note) {
    const data = count.dataset, many = changed.size;
    const said = many === 0 ? data.none : many === 1 ? data.one : data.many.replace("%n", many);
    count.textContent = note ? `${said}. ${note}` : said;
    sent.value = many === 0 ? "" : JSON.stringify([...changed].map(([cell, value]) =>
      ({ cell: address(cell), text: value, token: cell.dataset.token })));
    list(); bar();
  }

  // What is wrong with cells that are not saved yet, beside the sheet

  function list() {
    const found = [...flaws].flatMap(([cell, wrong]) => wrong.map((flaw) => [cell, flaw]));
    found.sort(([, one], [, other]) => (other.level === "blocking") - (one.level === "blocking"));
    unsaved.hidden = !changed.size;
    unsaved.querySelector("p").hidden = found.length > 0;
    unsaved.querySelector("ul").replaceChildren(...found.slice(0, 30).map(([cell, flaw]) => {
      const place = made("a", `${title(cell.parentNode)}, ${columns[cell.cellIndex - 1]}`), item = made("li");
      place.href = link(cell).href;
      place.addEventListener("click", (event) => { event.preventDefault(); go(cell); });
      item.dataset.level = flaw.level;
      item.append(made("strong", flaw.level === "blocking" ? words.fix : words.advice), " ", place, `: ${flaw.words}`);
      return item;
    }));
  }

  // One cell under edit

  function edit(cell, first) {
    if (!editable(cell) || editing) return;
    const held = [...cell.childNodes];
    const field = peopleField.make({
      value: first === undefined ? text(cell) : first, words, source: form.dataset.people, made,
      end: async (value, meant) => {
        editing = null;
        cell.replaceChildren(...held);
        if (value !== undefined && value !== text(cell)) change([[cell, value]]);
        else look([cell]);  // its answer may have come while the field stood here
        const name = await meant;
        if (name && name !== value && text(cell) === value && editing !== cell) change([[cell, name]]);
      },
      back: () => go(cell),
      step: (x) => { at = cell; step(x, 0); return at !== cell; },
      open: () => location.assign(link(cell).href),
    });
    go(cell);
    editing = cell;
    cell.replaceChildren(field.input, field.popup);
    field.input.focus(); if (first === undefined) field.input.select(); else field.ask();
  }

  // Keys, mouse and clipboard

  const moves = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] };
  table.addEventListener("keydown", (event) => {
    if (!at || editing || event.altKey) return;
    const command = event.ctrlKey || event.metaKey, key = event.key.toLowerCase();
    if (event.target.closest("th")) {
      if (event.key !== "ArrowRight" || event.target.closest(".group")) return;
      go(cellsOf.get(event.target.closest("tr"))[0]);
      event.preventDefault();
      return;
    }
    if (command && key === "enter") location.assign(link(at).href);
    else if (moves[event.key] && !command) step(...moves[event.key], event.shiftKey);
    else if (event.key === "Enter" || event.key === "F2") { if (!editable(at)) return; edit(at); }
    else if (event.key === "Escape") go(at);
    else if (event.key === "Delete" || event.key === "Backspace") change(picked().flat().map((cell) => [cell, ""]));
    else if (command && key === "d") fill(0, -1);
    else if (command && key === "r") fill(-1, 0);
    else if (command && (key === "y" || (key === "z" && event.shiftKey))) undo(future, past);
    else if (command && key === "z") undo(past, future);
    else if (command && key === "k") ask();
    else if (command && key === "s") form.elements.reason.focus();
    else if (event.key.length === 1 && !command && event.key !== " " && editable(at)) edit(at, event.key);
    else return;
    event.preventDefault();
  });

  function fill(x, y) {
    const rows = picked(), alone = rows.length === 1 && rows[0].length === 1;
    change(rows.flatMap((row, ry) => row.map((cell, rx) => {
      const [cx, cy] = place.get(cell);
      const source = alone ? (squares[cy + y] || [])[cx + x] : y ? rows[0][rx] : rows[ry][0];
      return [cell, text(source || cell)];
    })));
  }

  // All answers of another row

  function ask() {
    const [, y] = place.get(at), list = dialog.querySelector("datalist");
    dialog.querySelector("strong").textContent = title(squares[y][0].parentNode);
    list.replaceChildren(...[...names().values()].map(([label]) => new Option("", label)));
    dialog.querySelector("input").value = "";
    dialog.showModal();
  }

  function names() {
    const found = new Map(), rows = squares.map((row) => row[0].parentNode), many = new Map();
    rows.forEach((row) => many.set(plain(title(row)), (many.get(plain(title(row))) || 0) + 1));
    rows.forEach((row) => {
      const group = row.parentNode.dataset.title || "";
      const label = many.get(plain(title(row))) > 1 ? `${group}: ${title(row)}` : title(row);
      found.set(plain(label), [label, cellsOf.get(row)]);
    });
    return found;
  }

  dialog.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    const found = names().get(plain(dialog.querySelector("input").value)), input = dialog.querySelector("input");
    input.setCustomValidity(found ? "" : words.norow);
    if (!input.reportValidity()) return;
    dialog.close();
    const rows = picked(), wide = rows[0].length > 1;
    change(rows.flatMap((row) => (wide ? row : squares[place.get(row[0])[1]]).map((cell) =>
      [cell, text(found[1][place.get(cell)[0]])])));
  });
  dialog.querySelector("input").addEventListener("input", (event) => event.target.setCustomValidity(""));
  dialog.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => go(at));

  table.addEventListener("mousedown", (event) => {
    const cell = event.target.closest("td");
    if (!cell || editing === cell || event.button) return;
    if (event.shiftKey && at) { event.preventDefault(); go(cell, true); }
  });
  table.addEventListener("click", (event) => {
    const cell = event.target.closest("td");
    if (!editable(cell) || event.ctrlKey || event.metaKey || editing === cell || small.matches) return;
    if (event.target.closest("small a")) return;
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
    const values = sheetText.cut(event.clipboardData.getData("text/plain"));
    const rows = picked(), alone = values.length === 1 && values[0].length === 1;
    const [x, y] = place.get(rows[0][0]), named = names();
    const titled = values.length > 1 && values[0].slice(1).every((part) => heads.includes(plain(part)));
    const body = titled && values[0].length > 1 ? values.slice(1) : values;
    const byName = body.every((row) => row.length > 1 && named.has(plain(row[0])));
    let pairs;
    if (alone) pairs = rows.flat().map((cell) => [cell, values[0][0]]);
    else if (byName) pairs = body.flatMap((row) => row.slice(1).map((value, rx) =>
      [named.get(plain(row[0]))[1][body === values ? x + rx : heads.indexOf(plain(values[0][rx + 1]))], value]));
    else pairs = values.flatMap((row, ry) => row.map((value, rx) => [(squares[y + ry] || [])[x + rx], value]));
    const fits = pairs.filter(([cell]) => editable(cell));
    change(fits);
    if (fits.length < pairs.length) tell(words.left.replace("%n", pairs.length - fits.length));
    event.preventDefault();
  });

  form.addEventListener("submit", (event) => { saving = !event.submitter?.formTarget; });
  window.addEventListener("beforeunload", (event) => { if (changed.size && !saving) event.preventDefault(); });
  window.addEventListener("pageshow", () => { saving = false; });

  const tools = document.getElementById("tools"), does = {
    undo: () => undo(past, future), redo: () => undo(future, past), fill: () => { fill(0, -1); go(at); }, copy: ask,
  };
  tools.addEventListener("click", (event) => { if (at && does[event.target.dataset.do]) does[event.target.dataset.do](); });

  table.querySelectorAll("tbody a").forEach((anchor) => { anchor.tabIndex = -1; });
  table.addEventListener("fold", lay);
  lay();
  tools.hidden = false; bar();
  const again = sent.value ? JSON.parse(sent.value) : [];
  if (again.length) {
    const known = new Map([...cellsOf.values()].flat().map((cell) => [address(cell), cell]));
    const found = again.map((item) => [known.get(item.cell), item]).filter(([cell]) => editable(cell));
    found.forEach(([cell, item]) => { cell.dataset.token = item.token; });
    change(found.map(([cell, item]) => [cell, item.text]));
  }
})();
