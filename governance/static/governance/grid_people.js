// The field in which a cell of the ownership grid is typed. It suggests people for the part behind the last semicolon.
"use strict";
const peopleField = {
  /** `value` to begin with, `words` of the page, `source` of the people, `made` builds nodes. What the field calls:
      `end(value, meant)` once, undefined gives the text up, `meant` promises the whole name where the list came too
      late; `back()` to the cell; `step(x)` to the next one, false if there is none; `open()` the page of the cell.
      Answers the input, the popup below it, and ask() for what fits. */
  make({ value, words, source, made, end, back, step, open }) {
    const input = made("input"), list = made("ul"), more = made("button", words.more), popup = made("div", "", list, more);
    let choices = [], chosen = -1, timer = 0, asked = 0, fitting = "", over = false;
    const last = () => input.value.split(";").at(-1).trim();
    input.value = value;
    input.autocomplete = "off";
    input.setAttribute("role", "combobox");
    input.setAttribute("aria-label", words.edit);
    input.setAttribute("aria-controls", "suggest");
    input.setAttribute("aria-expanded", "false");
    popup.className = "suggest";
    Object.assign(more, { type: "button", tabIndex: -1 });
    more.addEventListener("mousedown", (event) => event.preventDefault());
    more.addEventListener("click", () => { finish(false); open(); });
    list.id = "suggest";
    list.setAttribute("role", "listbox");
    list.setAttribute("aria-label", words.suggest);
    list.hidden = true;

    const show = () => {
      list.replaceChildren(...choices.map((choice, index) => {
        const item = made("li", choice.name, ...[choice.note, choice.more].filter(Boolean).map((line) => made("small", line)));
        item.id = `suggest-${index}`;
        item.setAttribute("role", "option"); item.setAttribute("aria-disabled", String(choice.off));
        item.setAttribute("aria-selected", String(index === chosen));
        item.addEventListener("mousedown", (event) => { event.preventDefault(); chosen = index; take(); });
        return item;
      }));
      list.hidden = !choices.length;
      popup.scrollIntoView({ block: "nearest" });
      input.setAttribute("aria-expanded", String(!list.hidden));
      if (chosen < 0) input.removeAttribute("aria-activedescendant");
      else input.setAttribute("aria-activedescendant", `suggest-${chosen}`);
    };
    const whole = (choice) => {
      const parts = input.value.split(";");
      parts[parts.length - 1] = (parts.length > 1 ? " " : "") + choice.label;
      return parts.join(";");
    };
    const take = () => {
      if (choices[chosen].off) return;
      input.value = whole(choices[chosen]);
      [choices, chosen] = [[], -1];
      show();
    };
    const fits = async (wanted) => {
      if (!wanted || /^\d/.test(wanted)) return [];
      try {
        return (await (await fetch(`${source}?q=${encodeURIComponent(wanted)}`)).json()).choices;
      } catch { return []; }
    };
    const only = async () => {
      const found = await fits(last());
      return found.length === 1 && !found[0].off ? whole(found[0]).trim() : undefined;
    };
    const ask = async () => {
      const wanted = last(), mine = ++asked, found = await fits(wanted);
      if (mine !== asked || over) return;
      [choices, chosen, fitting] = [found, -1, wanted];
      show();
    };
    const finish = (keep, meant) => {
      if (over) return;
      over = true;
      clearTimeout(timer);
      end(keep ? input.value.trim() : undefined, meant);
    };
    input.addEventListener("input", () => { clearTimeout(timer); timer = setTimeout(ask, 150); });
    input.addEventListener("blur", () => finish(true));
    input.addEventListener("keydown", (event) => {
      event.stopPropagation();
      if (event.key === "Escape") { finish(false); back(); }
      else if ((event.key === "ArrowDown" || event.key === "ArrowUp") && choices.length) {
        chosen = (chosen + (event.key === "ArrowDown" ? 1 : choices.length - (chosen < 0 ? 0 : 1))) % choices.length;
        show();
      } else if (event.key === "Enter" && chosen >= 0) take();
      else if (event.key === "Enter") {  // the only one who fits is meant
        const late = last() !== fitting && input.value !== value;  // who typed nothing means what is there
        if (!late && choices.length === 1 && last()) { chosen = 0; take(); }
        finish(true, late ? only() : undefined); back();
      } else if (event.key === "Tab") {
        if (chosen >= 0) take();
        finish(true);
        if (!step(event.shiftKey ? -1 : 1)) return;
      } else return;
      event.preventDefault();
    });
    return { input, popup, ask };
  },
};
