"use strict";
(function () {
  const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
  const key = (row, column) => {
    const cell = row.cells[column];
    const text = (cell.dataset.sort || cell.textContent).trim();
    const number = Number(text.replace(/,/g, ""));
    return text !== "" && !Number.isNaN(number) ? number : text;
  };
  const compare = (a, b) =>
    typeof a === "number" && typeof b === "number" ? a - b : String(a) < String(b) ? -1 : String(a) > String(b) ? 1 : 0;

  const sortable = (head) => {
    const button = document.createElement("button");
    button.type = "button";
    button.textContent = head.textContent;
    head.textContent = "";
    head.append(button);
    button.addEventListener("click", () => {
      const up = head.getAttribute("aria-sort") !== "ascending";
      all("th", head.parentElement).forEach((other) => other.removeAttribute("aria-sort"));
      head.setAttribute("aria-sort", up ? "ascending" : "descending");
      const body = head.closest("table").tBodies[0];
      const rows = Array.from(body.rows).map((row) => [key(row, head.cellIndex), row]);
      rows.sort((a, b) => (up ? 1 : -1) * compare(a[0], b[0]));
      rows.forEach((pair) => body.append(pair[1]));
    });
  };
  all("table.sortable thead th").forEach(sortable);

  const list = document.getElementById("findings");
  if (list) {
    const [search, level, dataset, order] = ["search", "level", "dataset", "order"].map((id) => document.getElementById(id));
    const told = document.getElementById("told");
    const groups = all("details.group", list);
    const start = new Map(groups.map((group, place) => [group, place]));
    const text = new Map(all(".finding", list).map((one) => [one, one.textContent.toLowerCase()]));
    const heads = new Map(groups.map((one) => [one, one.querySelector("summary").textContent.toLowerCase()]));
    const filter = () => {
      const words = search.value.toLowerCase().split(/\s+/).filter(Boolean);
      let shown = 0;
      groups.forEach((group) => {
        let any = false;
        all(".finding", group).forEach((one) => {
          const said = heads.get(group) + " " + text.get(one);
          const hit = words.every((word) => said.includes(word));
          const mine = !dataset.value || one.dataset.dataset === dataset.value;
          one.hidden = !(hit && mine);
          any = any || !one.hidden;
          shown += one.hidden ? 0 : 1;
        });
        group.hidden = !any || Boolean(level.value && group.dataset.level !== level.value);
        if (group.hidden) shown -= all(".finding:not([hidden])", group).length;
        else if (words.length) group.open = true;
      });
      told.textContent = shown + " " + (list.dataset.one || "problem") + (shown === 1 ? "" : "s") + " shown";
    };
    const sort = () => {
      const by = { count: (one) => -Number(one.dataset.count), code: (one) => one.dataset.code }[order.value];
      const rank = by || ((one) => start.get(one));
      groups.slice().sort((a, b) => compare(rank(a), rank(b)) || start.get(a) - start.get(b)).forEach((one) => list.append(one));
    };
    [search, level, dataset].forEach((control) => control.addEventListener("input", filter));
    order.addEventListener("input", sort);
    document.querySelector(".controls").hidden = false;
  }
  window.addEventListener("beforeprint", () => all("details").forEach((one) => { one.open = true; }));
})();
