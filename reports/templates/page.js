"use strict";
// Search, sort and filter; the page says everything without them.
(() => {
  const value = (row, at) => {
    const cell = row.cells[at];
    return cell === undefined ? "" : cell.dataset.v !== undefined ? cell.dataset.v : cell.textContent.trim();
  };
  const compare = (a, b) => {
    if (a === "" || b === "") return a === b ? 0 : a === "" ? 1 : -1;
    const [x, y] = [Number(a), Number(b)];
    return Number.isNaN(x) || Number.isNaN(y) ? a.localeCompare(b, "en") : x - y;
  };
  const sort = (table, at, head) => {
    const down = head.getAttribute("aria-sort") !== "descending";
    for (const other of table.tHead.rows[0].cells) other.removeAttribute("aria-sort");
    head.setAttribute("aria-sort", down ? "descending" : "ascending");
    const body = table.tBodies[0];
    const rows = [...body.rows].filter((row) => !row.classList.contains("rest"));
    rows.sort((a, b) => (down ? -1 : 1) * compare(value(a, at), value(b, at)));
    body.prepend(...rows);
  };
  for (const table of document.querySelectorAll("table.sortable")) {
    [...table.tHead.rows[0].cells].forEach((head, at) => {
      const button = document.createElement("button");
      button.type = "button";
      button.append(...head.childNodes);
      button.addEventListener("click", () => sort(table, at, head));
      head.append(button);
    });
  }
  for (const table of document.querySelectorAll("table.searchable")) {
    const rows = [...table.tBodies[0].rows];
    const bar = document.createElement("form");
    bar.className = "filters";
    bar.addEventListener("submit", (event) => event.preventDefault());
    const label = (text, control) => {
      const element = document.createElement("label");
      element.append(text, control);
      bar.append(element);
      control.addEventListener("input", apply);
      return control;
    };
    const counted = document.createElement("output");
    const search = document.createElement("input");
    search.type = "search";
    const filters = [];
    function apply() {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      for (const row of rows) {
        const text = row.textContent.toLowerCase();
        const keep = words.every((word) => text.includes(word)) &&
          filters.every(([at, select]) => select.value === "" || row.cells[at].textContent.trim() === select.value);
        row.hidden = !keep;
        shown += keep ? 1 : 0;
      }
      counted.textContent = `${shown} of ${rows.length} rows`;
    }
    label("Search ", search);
    [...table.tHead.rows[0].cells].forEach((head, at) => {
      if (head.dataset.filter === undefined) return;
      const select = document.createElement("select");
      const names = [...new Set(rows.map((row) => row.cells[at].textContent.trim()))].sort();
      select.append(new Option("any", ""), ...names.map((name) => new Option(name, name)));
      filters.push([at, label(`${head.textContent.trim()} `, select)]);
    });
    bar.append(counted);
    table.closest(".scroll").before(bar);
    apply();
  }
})();
