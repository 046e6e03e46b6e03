
// Search as you type: over names, labels and texts, best matches first
{
  const box = one("search");
  const list = one("hits");
  const panel = one("found");
  const chips = one("kinds");
  const MOST = 60;
  const KINDS = [
    ["dataset", "Datasets"], ["variable", "Variables"], ["value", "Value levels"], ["codelist", "Codelists"], ["term", "Terms"],
    ["method", "Methods"], ["comment", "Comments"], ["result", "Analysis results"], ["other", "Other"],
  ];
  const SLICE = 200;
  const plain = (text) => text.replace(/\s+/g, " ").trim();
  const clean = (node) => (node ? plain(node.textContent) : "");
  const index = [];
  const add = (kind, href, name, label, more, text) =>
    index.push({ kind, href, name, label, more, low: name.toLowerCase(), lower: label.toLowerCase(), text: text.toLowerCase() });

  // What is searched is read from the page itself, once and in slices, so that nobody waits for it:
  // each yield is a place where the reading can stop for a while.
  function* addTerms(part, name) {
    let place = 0;
    for (const row of all("tbody tr", part)) {
      if (place % SLICE === 0) yield;
      const term = row.firstElementChild;
      const value = term.firstChild ? term.firstChild.textContent.trim() : "";
      const next = term.nextElementSibling;
      add("term", "#" + part.id + "/term" + (place += 1), value, next ? next.textContent : "", name, next && next.nextElementSibling ? next.nextElementSibling.textContent : "");
    }
  }
  function* addVariables(part, name) {
    let above = "";
    let place = 0;
    for (const row of all(".v, .vl", part)) {
      if ((place += 1) % SLICE === 0) yield;
      const cells = row.cells;
      const level = row.classList.contains("vl");
      if (!level) above = clean(row.querySelector(".nm"));
      let text = "";
      for (let cell = cells[1]; cell; cell = cell.nextElementSibling) text += cell.textContent + " ";
      text = plain(text);
      if (level) add("value", "#" + row.id, name + "." + above, "where " + clean(row.querySelector(".on")), "", clean(row.querySelector(".lb")) + " " + text);
      else add("variable", "#" + row.id, above, clean(cells[1]), name, text + " " + name + "." + above);
    }
  }
  function* read() {
    for (const part of all(".ds")) {
      yield;
      const name = clean(part.querySelector(".nm"));
      add("dataset", "#" + part.id, name, clean(part.querySelector(".lb")), "", clean(part.querySelector(".facts")) + " " + clean(part.querySelector(".body > .note")));
      yield* addVariables(part, name);
    }
    for (const part of all(".cl")) {
      const name = clean(part.querySelector(".nm"));
      add("codelist", "#" + part.id, name, clean(part.querySelector(".t")), "", clean(part.querySelector(".facts")));
      yield* addTerms(part, name);
    }
    all("tr.mt").forEach((row) => add("method", "#" + row.id, clean(row.querySelector(".nm")), clean(row.querySelector(".t")), "", clean(row.cells[0]) + " " + clean(row.cells[2])));
    all("tr.cm").forEach((row) => add("comment", "#" + row.id, clean(row.querySelector(".nm")), clean(row.querySelector(".t")), "", ""));
    all(".dp").forEach((part) => {
      const name = clean(part.querySelector(".nm"));
      add("result", "#" + part.id, name, clean(part.querySelector(".lb")), "", "");
      all(".ar", part).forEach((row) => add("result", "#" + row.id, clean(row.querySelector(".nm")), clean(row.querySelector(".lb")), name, clean(row)));
    });
    all("tr.std, tr.fil, tr.wc").forEach((row) => add("other", "#" + row.id, clean(row.cells[0]), clean(row.cells[1]), "", ""));
  }
  const reading = read();
  let whole = false;
  const readOn = (milliseconds) => {
    const end = performance.now() + milliseconds;
    do whole = whole || Boolean(reading.next().done);
    while (!whole && performance.now() < end);
  };
  const idle = window.requestIdleCallback || setTimeout;
  const readIdly = () => {
    readOn(15);
    if (!whole) idle(readIdly);
    else if (box.value && !panel.hidden) show();
  };

  // 0 the name itself, 1 it begins so, 2 it has it, 3 the label has it, 4 another text has it, -1 none
  const rank = (item, query, words) => {
    if (item.low === query || item.kind === "variable" && item.more.toLowerCase() + "." + item.low === query) return 0;
    if (item.low.startsWith(query)) return 1;
    let worst = 1;
    for (const word of words) {
      const place = item.low.includes(word) ? 2 : item.lower.includes(word) ? 3 : item.text.includes(word) ? 4 : -1;
      if (place < 0) return -1;
      if (place > worst) worst = place;
    }
    return worst;
  };
  const order = new Map(KINDS.map(([kind], place) => [kind, place]));
  let wanted = "";
  let shown = [];
  let at = -1;

  const find = (query) => {
    const words = query.split(/\s+/).filter(Boolean);
    const counts = new Map();
    const buckets = [[], [], [], [], []];
    for (const item of index) {
      const place = rank(item, query, words);
      if (place < 0) continue;
      counts.set(item.kind, (counts.get(item.kind) || 0) + 1);
      if (!wanted || wanted === item.kind) buckets[place].push(item);
    }
    const best = [];
    for (const bucket of buckets) {
      if (best.length >= MOST) break;
      bucket.sort((a, b) => order.get(a.kind) - order.get(b.kind));
      best.push(...bucket.slice(0, MOST - best.length));
    }
    return { words, counts, best };
  };
  const marked = (tag, name, text, words) => {
    const element = made(tag, name);
    const low = text.toLowerCase();
    // a letter whose lower case is longer would shift all places
    if (low.length !== text.length) return element.append(text), element;
    let from = 0;
    while (from < text.length) {
      let next = -1;
      let size = 0;
      for (const word of words) {
        const place = low.indexOf(word, from);
        if (place >= 0 && (next < 0 || place < next)) [next, size] = [place, word.length];
      }
      if (next < 0) break;
      element.append(text.slice(from, next), made("mark", "", text.slice(next, next + size)));
      from = next + size;
    }
    element.append(text.slice(from));
    return element;
  };
  // the part of a long text around the first match
  const around = (text, words) => {
    const low = text.toLowerCase();
    const place = Math.min(...words.map((word) => low.indexOf(word)).filter((found) => found >= 0), text.length);
    return place === text.length || place < 80 ? text.slice(0, 160) : "…" + text.slice(place - 40, place + 120);
  };
  const option = (item, place, words) => {
    const line = made("li");
    line.id = "hit" + place;
    line.setAttribute("role", "option");
    line.dataset.place = place;
    const what = made("span", "what");
    if (item.kind === "variable") what.append(made("span", "soft", item.more + "."));
    what.append(marked("b", "", item.name, words), " ", marked("span", "", around(item.label, words), words));
    line.append(made("span", "kind", KINDS[order.get(item.kind)][1].replace(/s$/, "")), what);
    if (item.kind === "term") line.append(made("span", "more", "in " + item.more));
    else if (!words.every((word) => item.low.includes(word) || item.lower.includes(word))) line.append(marked("span", "more", around(item.text, words), words));
    return line;
  };
  const chip = (kind, label, count) => {
    const button = made("button", "", label + " " + count.toLocaleString("en"));
    button.type = "button";
    button.dataset.kind = kind;
    button.setAttribute("aria-pressed", String(wanted === kind));
    return button;
  };
  const select = (place) => {
    if (list.children[at]) list.children[at].removeAttribute("aria-selected");
    at = place;
    const line = shown.length ? list.children[at] : null;
    if (line) {
      line.setAttribute("aria-selected", "true");
      box.setAttribute("aria-activedescendant", line.id);
      line.scrollIntoView({ block: "nearest" });
    } else box.removeAttribute("aria-activedescendant");
  };
  const close = () => {
    panel.hidden = true;
    box.setAttribute("aria-expanded", "false");
    select(-1);
  };
  const show = () => {
    const query = box.value.toLowerCase().replace(/\s+/g, " ").trim();
    if (!query) {
      wanted = "";
      one("said").textContent = "";
      return close();
    }
    readOn(25);
    const { words, counts, best } = find(query);
    const total = Array.from(counts.values()).reduce((sum, count) => sum + count, 0);
    chips.replaceChildren(chip("", "All", total), ...KINDS.filter(([kind]) => counts.has(kind)).map(([kind, label]) => chip(kind, label, counts.get(kind))));
    const held = at > 0 ? best.indexOf(shown[at]) : 0;
    shown = best;
    at = -1;
    const none = made("li", "none", whole ? "Nothing found." : "Searching …");
    none.setAttribute("role", "option");
    none.setAttribute("aria-disabled", "true");
    list.replaceChildren(...(best.length ? best.map((item, place) => option(item, place, words)) : [none]));
    list.setAttribute("aria-busy", String(!whole));
    list.scrollTop = 0;
    panel.hidden = false;
    box.setAttribute("aria-expanded", "true");
    one("said").textContent = total + (total === 1 ? " result" : " results");
    if (best.length) select(Math.max(held, 0));
  };
  const open = (place) => {
    const item = shown[place];
    if (!item) return;
    close();
    box.blur();
    if (location.hash === item.href) go();
    else location.hash = item.href;
  };

  box.addEventListener("input", () => { at = -1; show(); });
  // what was typed before the page was whole
  if (box.value && document.activeElement === box) show();
  idle(readIdly);
  box.addEventListener("focus", () => { if (box.value) show(); });
  box.addEventListener("keydown", (event) => {
    const last = shown.length - 1;
    const to = { ArrowDown: at >= last ? 0 : at + 1, ArrowUp: at <= 0 ? last : at - 1, PageDown: Math.min(last, at + 8), PageUp: Math.max(0, at - 8) }[event.key];
    if (to !== undefined && panel.hidden && box.value) show();
    else if (to !== undefined && !panel.hidden) select(to);
    else if (event.key === "Enter" && !panel.hidden) open(at);
    else if (event.key === "Escape" && !panel.hidden) close();
    else if (event.key === "Escape" && box.value) box.value = "";
    else if (event.key === "Escape") box.blur();
    else return;
    event.preventDefault();
  });
  list.addEventListener("pointerdown", (event) => event.preventDefault());
  list.addEventListener("click", (event) => {
    const line = event.target.closest("li");
    if (line && line.dataset.place) open(Number(line.dataset.place));
  });
  chips.addEventListener("click", (event) => {
    const button = event.target.closest("button");
    if (!button) return;
    wanted = button.dataset.kind;
    show();
    box.focus();
  });
  document.addEventListener("pointerdown", (event) => { if (!event.target.closest(".find")) close(); });
  document.addEventListener("focusin", (event) => { if (!event.target.closest(".find")) close(); });
  document.addEventListener("keydown", (event) => {
    if (event.key !== "/" || event.ctrlKey || event.metaKey || event.altKey || event.target.closest("input, select, textarea")) return;
    event.preventDefault();
    box.focus();
    box.select();
  });
  document.addEventListener("keydown", (event) => { if (event.key === "Escape") setMenu(false); });
}
if (location.hash) go();
