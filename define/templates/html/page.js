"use strict";
const all = (selector, root) => Array.from((root || document).querySelectorAll(selector));
const one = (id) => document.getElementById(id);
const made = (tag, name, text) => {
  const element = document.createElement(tag);
  if (name) element.className = name;
  if (text !== undefined) element.textContent = text;
  return element;
};

// A variable and its value levels are neighbours in the table.
const levelsOf = (row) => {
  const found = [];
  for (let next = row.nextElementSibling; next && next.classList.contains("vl"); next = next.nextElementSibling) found.push(next);
  return found;
};
const variableOf = (row) => {
  let before = row;
  while (before && !before.classList.contains("v")) before = before.previousElementSibling;
  return before;
};

// Collapse and expand
const fold = (part, open) => {
  part.classList.toggle("shut", !open);
  const button = part.querySelector(".fold");
  if (button) button.setAttribute("aria-expanded", String(open));
};
const openLevels = (row, open) => {
  const button = row.querySelector(".lv");
  if (!button) return;
  button.setAttribute("aria-expanded", String(open));
  levelsOf(row).forEach((level) => level.classList.toggle("off", !open));
};
const reveal = (element) => {
  const part = element.closest(".part");
  if (part) fold(part, true);
  if (element.classList.contains("off")) openLevels(variableOf(element), true);
  for (let above = element.closest("details"); above; above = above.parentElement.closest("details")) above.open = true;
};

// A link to a term is the link to its codelist and the place of the term: no term needs an identifier of its own.
const target = () => {
  const hash = location.hash.slice(1);
  const found = one(hash);
  if (found || !hash.startsWith("codelist/")) return found;
  const cut = hash.lastIndexOf("/term");
  const list = cut > 0 && one(hash.slice(0, cut));
  return list ? all("tbody tr", list)[Number(hash.slice(cut + 5)) - 1] || list : null;
};
let here = null;
const go = () => {
  if (here) here.classList.remove("here");
  here = null;
  const found = target();
  if (!found || !found.closest("main")) return;
  if (found.hidden || found.closest("[hidden]")) one("filters").reset();
  reveal(found);
  if (found.tagName === "TR") {
    here = found;
    found.classList.add("here");
  }
  found.scrollIntoView({ block: found.tagName === "TR" ? "center" : "start" });
  found.tabIndex = -1;
  found.focus({ preventScroll: true });
  setMenu(false);
};
window.addEventListener("hashchange", go);
// a link to where one already is moves there again
document.addEventListener("click", (event) => {
  const link = event.target.closest("a[href^='#']");
  if (link && link.getAttribute("href") === location.hash) go();
});

document.addEventListener("click", (event) => {
  const button = event.target.closest("button");
  if (!button) return;
  const open = button.getAttribute("aria-expanded") !== "true";
  if (button.classList.contains("fold")) fold(button.closest(".part"), open);
  if (button.classList.contains("lv")) openLevels(button.closest("tr"), open);
});
one("all").addEventListener("click", (event) => {
  const open = event.currentTarget.getAttribute("aria-expanded") !== "true";
  event.currentTarget.setAttribute("aria-expanded", String(open));
  event.currentTarget.textContent = open ? "Collapse all" : "Expand all";
  all(".part").forEach((part) => fold(part, open));
  if (open) all(".lv").forEach((button) => openLevels(button.closest("tr"), true));
});
const setMenu = (open) => {
  one("menu").setAttribute("aria-expanded", String(open));
  one("toc").classList.toggle("open", open);
};
one("menu").addEventListener("click", () => setMenu(!one("toc").classList.contains("open")));

// Sorting: up, down, and back to the order of the file
const collator = new Intl.Collator("en", { numeric: true });
const start = new WeakMap();
const sort = (head) => {
  const body = head.closest("table").tBodies[0];
  const heads = Array.from(head.parentElement.cells);
  const was = head.getAttribute("aria-sort");
  const now = { ascending: "descending", descending: null }[was];
  heads.forEach((other) => other.removeAttribute("aria-sort"));
  const up = was ? now : "ascending";
  if (up) head.setAttribute("aria-sort", up);
  const rows = Array.from(body.rows);
  if (!start.has(body)) start.set(body, rows);
  const first = start.get(body).filter((row) => !row.classList.contains("vl"));
  const groups = first.map((row) => ({ row, levels: levelsOf(row), key: row.cells[head.cellIndex] ? row.cells[head.cellIndex].textContent.trim() : "" }));
  const sign = up === "descending" ? -1 : 1;
  if (up) groups.sort((a, b) => (a.key === "" ? 1 : 0) - (b.key === "" ? 1 : 0) || sign * collator.compare(a.key, b.key));
  body.append(...groups.flatMap((group) => [group.row, ...group.levels]));
};
all("table.srt thead th").forEach((head) => {
  const button = made("button", "", head.textContent);
  button.type = "button";
  // browsers leave buttons out where they repeat a head on the next page of paper
  head.replaceChildren(made("span", "paper", button.textContent), button);
  button.addEventListener("click", () => sort(head));
});

// Which part of the page is in view
if ("IntersectionObserver" in window) {
  const links = new Map(all("#toc li li a").map((link) => [link.getAttribute("href").slice(1), link]));
  let current = null;
  const inside = new Set();
  const seen = new IntersectionObserver((entries) => {
    entries.forEach((entry) => inside[entry.isIntersecting ? "add" : "delete"](entry.target.id));
    const link = Array.from(inside, (id) => links.get(id)).find(Boolean);
    if (!link || link === current) return;
    if (current) current.removeAttribute("aria-current");
    current = link;
    link.setAttribute("aria-current", "true");
    const box = one("toc");
    const top = link.offsetTop - box.offsetTop;
    if (link.offsetParent && (top < box.scrollTop || top > box.scrollTop + box.clientHeight - 60)) box.scrollTop = top - box.clientHeight / 3;
  }, { rootMargin: "-15% 0px -80% 0px" });
  all(".part").forEach((part) => seen.observe(part));
}

// Paper has no buttons: all is open
let closed = [];
window.addEventListener("beforeprint", () => {
  closed = all("details:not([open])");
  closed.forEach((details) => { details.open = true; });
});
window.addEventListener("afterprint", () => closed.forEach((details) => { details.open = false; }));

// Filters over the variables of all datasets
{
  const form = one("filters");
  const text = (row, selector) => all(selector, row).map((part) => part.textContent.trim());
  // the condition of a value level takes the place of name and label
  const cell = (row, place) => {
    const found = row.cells[row.classList.contains("vl") ? place - 1 : place];
    return found ? found.textContent.trim() : "";
  };
  const facts = (row) => ({
    row,
    part: row.closest(".ds"),
    o: text(row, ".o"),
    role: text(row, ".role"),
    type: [cell(row, 2)],
    cl: [cell(row, 4) ? "1" : "0"],
    me: [row.querySelector(".me") ? "1" : "0"],
  });
  let rows = null;
  const known = () => {
    if (rows) return rows;
    rows = all(".ds .v").map((row) => ({ own: facts(row), levels: levelsOf(row).map(facts) }));
    const values = (name) => {
      const every = rows.flatMap((item) => [item.own, ...item.levels]).flatMap((item) => item[name]);
      return Array.from(new Set(every)).filter(Boolean).sort(collator.compare);
    };
    const fill = (select, options) => select.append(...options.map(([value, label]) => new Option(label, value)));
    fill(one("f-ds"), all(".ds").map((part) => [part.id, part.querySelector(".nm").textContent]));
    for (const name of ["o", "role", "type"]) fill(one("f-" + name), values(name).map((value) => [value, value]));
    for (const name of ["role", "o"]) one("f-" + name).parentElement.hidden = one("f-" + name).length === 1;
    return rows;
  };
  const names = ["o", "role", "type", "cl", "me"];
  const filter = () => {
    const wanted = names.map((name) => [name, one("f-" + name).value]).filter((pair) => pair[1]);
    const dataset = one("f-ds").value;
    const fits = (item) => wanted.every(([name, value]) => item[name].includes(value));
    const parts = new Set();
    let count = 0;
    for (const { own, levels } of known()) {
      const there = !dataset || own.part.id === dataset;
      const some = levels.map((level) => there && fits(level));
      const mine = there && fits(own);
      const any = mine || some.includes(true);
      own.row.hidden = !any;
      levels.forEach((level, place) => { level.row.hidden = !(some[place] || mine && !wanted.length); });
      if (wanted.length && some.includes(true)) openLevels(own.row, true);
      if (any) parts.add(own.part);
      count += any ? 1 : 0;
    }
    const active = Boolean(dataset || wanted.length);
    all(".ds").forEach((part) => { part.hidden = active && !parts.has(part); });
    one("told").textContent = active ? count + " of " + rows.length + " variables in " + parts.size + (parts.size === 1 ? " dataset" : " datasets") : "";
    form.querySelector("[type=reset]").hidden = !active;
  };
  form.addEventListener("change", filter);
  form.addEventListener("submit", (event) => event.preventDefault());
  form.addEventListener("reset", () => setTimeout(filter));
  // the lists of the filters are filled when one first comes near them
  form.addEventListener("focusin", known, { once: true });
  form.addEventListener("pointerover", known, { once: true });
}
