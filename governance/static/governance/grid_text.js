// Text as spreadsheets put it on the clipboard.
"use strict";
const sheetText = {
  /** The rows and columns of `words`; quoted parts may hold tabs and line ends. */
  cut(words) {
    const rows = [[""]];
    let quoted = false;
    words = words.replace(/\r\n?/g, "\n");
    for (let place = 0; place < words.length; place++) {
      const sign = words[place], row = rows.at(-1), last = row.length - 1;
      if (quoted && sign === '"' && words[place + 1] === '"') { row[last] += sign; place++; }
      else if (sign === '"' && (quoted || row[last] === "")) quoted = !quoted;
      else if (quoted) row[last] += sign;
      else if (sign === "\t") row.push("");
      else if (sign === "\n") rows.push([""]);
      else row[last] += sign;
    }
    if (rows.length > 1 && rows.at(-1).join("") === "") rows.pop();
    return rows.map((row) => row.map((part) => part.trim()));
  },
};
