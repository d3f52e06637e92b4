// The live comparison. Only rows in sight are in the page; the kernel sends them when they are asked for.
// Text from outside arrives as HTML that the kernel has sanitised, or goes in as textContent.

const HEIGHT = 190; // Rows are of one height, so the end is as near as the start.
const AHEAD = 4; // Rows kept ready above and below what is in sight.
const CHUNK = 50;
const KEPT = 600; // Rows remembered.

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function select(label, options) {
  const field = make("select", { "data-lm-suppress-shortcuts": "true" });
  for (const option of options) field.append(make("option", { value: option }, option));
  return [make("label", {}, label, field), field];
}

function render({ model, el }) {
  const variants = model.get("variants");
  let arranged = [...variants];
  const choices = model.get("choices");
  let hidden = new Set();
  let order = [...Array(model.get("count")).keys()];
  let rows = new Map();
  let asked = new Set();
  let ticket = 0;
  let here = [0, 0];

  const find = make("input", { type: "search", placeholder: "text of a sample or a reply", "data-lm-suppress-shortcuts": "true" });
  const [showLabel, show] = select("Show", choices.shows);
  const [sortLabel, sort] = select("Order", choices.sorts);
  const [modeLabel, mode] = select("Replies as", choices.modes);
  const [baseLabel, base] = select("Compared with", variants);
  const [scoreLabel, score] = select("Score", ["any", ...choices.scores]);
  const [testLabel, test] = select("is", choices.tests);
  const number = make("input", { type: "number", step: "any", "aria-label": "Score, number", "data-lm-suppress-shortcuts": "true" });
  const [fieldLabel, field] = select("Sample's", ["any field", ...Object.keys(choices.fields)]);
  const values = make("datalist", { id: `ak-values-${Math.random().toString(36).slice(2)}` });
  const holds = make("input", { type: "text", placeholder: "holds", list: values.id, "aria-label": "Value of the sample's field", "data-lm-suppress-shortcuts": "true" });
  const scored = make("div", { class: "ak-where" }, scoreLabel, testLabel, number);
  const about = make("div", { class: "ak-where" }, fieldLabel, holds, values);
  scored.hidden = !choices.scores.length;
  about.hidden = !Object.keys(choices.fields).length;
  const columns = make("div", { class: "ak-columns", role: "group", "aria-label": "Variants shown" });
  const tools = make("div", { class: "ak-tools" }, make("label", { class: "ak-wide" }, "Find", find), showLabel, sortLabel, modeLabel, baseLabel, scored, about, columns);
  const top = make("div", { class: "ak-line ak-top", role: "row", "aria-rowindex": "1" });
  const space = make("div", { class: "ak-space", role: "presentation" });
  const view = make("div", { class: "ak-view", role: "grid", "aria-label": "Trials: samples down, variants across", "aria-multiselectable": "true" }, top, space);
  const count = make("div", { class: "ak-count", role: "status" });
  el.classList.add("ak-explore");
  const opened = make("div", { class: "ak-opened", tabindex: "0", role: "region", "aria-label": "Transcript", "data-lm-suppress-shortcuts": "true" });
  const close = make("button", { type: "button", "data-lm-suppress-shortcuts": "true" }, "Close the transcript");
  const panel = make("div", { class: "ak-panel" }, close, opened);
  panel.hidden = true;
  el.append(tools, view, count, panel);

  const shown = () => arranged.filter((name) => !hidden.has(name));

  function move(name, by) {
    const at = arranged.indexOf(name);
    const to = at + by;
    if (to < 0 || to >= arranged.length) return;
    [arranged[at], arranged[to]] = [arranged[to], arranged[at]];
    columnsAgain();
    layout();
    columns.querySelector(`[data-move="${by}"][data-of="${variants.indexOf(name)}"]`)?.focus();
  }

  function columnsAgain() {
    columns.replaceChildren(...arranged.map((name) => {
      const box = make("input", { type: "checkbox", "data-lm-suppress-shortcuts": "true" });
      box.checked = !hidden.has(name);
      box.addEventListener("change", () => {
        if (box.checked) hidden.delete(name);
        else hidden.add(name);
        layout();
      });
      const moves = arranged.length < 2 ? [] : [[-1, "←", "left"], [1, "→", "right"]].map(([by, sign, where]) => {
        const button = make("button", { type: "button", "aria-label": `Move ${name} ${where}`, "data-move": by,
          "data-of": variants.indexOf(name), "data-lm-suppress-shortcuts": "true" }, sign);
        button.addEventListener("click", () => move(name, by));
        return button;
      });
      return make("span", { class: "ak-column" }, make("label", {}, box, name), ...moves);
    }));
  }
  columnsAgain();

  function layout() {
    top.replaceChildren(make("div", { class: "ak-first", role: "columnheader" }, "sample"), ...shown().map((name) => make("div", { role: "columnheader" }, name)));
    view.setAttribute("aria-colcount", String(shown().length + 1));
    top.style.gridTemplateColumns = template();
    space.replaceChildren();
    draw();
  }

  const template = () => `minmax(11rem, 15rem) repeat(${shown().length}, minmax(17rem, 1fr))`;

  function tell() {
    const picked = model.get("picked").length;
    count.textContent = `${order.length.toLocaleString("en")} of ${model.get("count").toLocaleString("en")} samples` +
      (picked ? ` · ${picked.toLocaleString("en")} ticked` : "") + " · arrows move, space ticks a sample, c copies a reply, enter opens its transcript";
  }

  const cell = () => space.querySelector(`[data-line="${here[0]}"]`)?.children[here[1]];

  function draw() {
    const held = view.contains(document.activeElement);
    drawRows();
    // Drawing a row anew takes the focus from its cells.
    if (held && !view.contains(document.activeElement)) cell()?.focus({ preventScroll: true });
  }

  function drawRows() {
    space.style.height = `${order.length * HEIGHT}px`;
    view.setAttribute("aria-rowcount", String(order.length + 1));
    const first = Math.max(0, Math.floor((view.scrollTop - top.offsetHeight) / HEIGHT) - AHEAD);
    const last = Math.min(order.length, Math.ceil((view.scrollTop + (view.clientHeight || 600)) / HEIGHT) + AHEAD);
    const have = new Map([...space.children].map((node) => [Number(node.dataset.line), node]));
    for (const [line, node] of have) if (line < first || line >= last) node.remove();
    const missing = [];
    for (let line = first; line < last; line++) {
      const at = order[line];
      if (!rows.has(at) && !asked.has(at)) missing.push(at);
      const node = have.get(line);
      if (node && node.dataset.at === String(at) && node.dataset.full === String(rows.has(at))) continue;
      const drawn = drawLine(line, at);
      if (node && node.isConnected) node.replaceWith(drawn);
      else space.append(drawn);
    }
    if (!order.length && !space.firstChild) space.append(make("div", { class: "ak-empty" }, "No sample fits. Change what is shown, or clear the text."));
    for (let from = 0; from < missing.length; from += CHUNK) ask(missing.slice(from, from + CHUNK));
    tell();
  }

  function drawLine(line, at) {
    const row = rows.get(at);
    const node = make("div", { class: "ak-line ak-body-line", role: "row", "aria-rowindex": String(line + 2) });
    Object.assign(node.dataset, { line, at, full: String(Boolean(row)) });
    node.style.cssText = `top:${line * HEIGHT}px;height:${HEIGHT}px`;
    node.style.gridTemplateColumns = template();
    const picked = model.get("picked").includes(at);
    const pieces = [row ? row.head : null, ...shown().map((name) => (row ? row.cells[variants.indexOf(name)] : null))];
    pieces.forEach((html, column) => {
      const attributes = { class: column ? "ak-place" : "ak-place ak-first", role: column ? "gridcell" : "rowheader",
        tabindex: line === here[0] && column === here[1] ? "0" : "-1", "data-lm-suppress-shortcuts": "true" };
      if (!column) attributes["aria-selected"] = String(picked);
      const place = make("div", attributes);
      if (html === null) place.textContent = "…";
      else place.innerHTML = html; // sanitised by the kernel
      if (!column && picked) place.prepend(make("div", {}, "✓ ticked"));
      node.append(place);
    });
    return node;
  }

  function ask(places) {
    places.forEach((at) => asked.add(at));
    model.send({ kind: "rows", ticket, places, mode: mode.value, baseline: base.value });
  }

  function forget() {
    ticket += 1;
    rows = new Map();
    asked = new Set();
    space.replaceChildren();
  }

  function reorder() {
    forget();
    const byScore = score.value === "any" ? null : [score.value, test.value, number.value === "" ? null : Number(number.value)];
    const byField = field.value === "any field" ? null : [field.value, holds.value];
    model.send({ kind: "order", ticket, text: find.value, show: show.value, sort: sort.value, score: byScore, field: byField });
  }

  function offer() {
    values.replaceChildren(...(choices.fields[field.value] ?? []).map((value) => make("option", { value })));
    holds.hidden = field.value === "any field";
    testLabel.hidden = score.value === "any";
    number.hidden = score.value === "any" || !["at least", "at most"].includes(test.value);
    reorder();
  }

  function restyle() {
    baseLabel.style.display = mode.value === "diff" ? "" : "none";
    forget();
    draw();
  }

  function go(line, column) {
    const most = shown().length;
    here = [Math.min(Math.max(line, 0), order.length - 1), Math.min(Math.max(column, 0), most)];
    const upper = here[0] * HEIGHT;
    const room = view.clientHeight - top.offsetHeight;
    if (upper < view.scrollTop) view.scrollTop = upper;
    else if (upper + HEIGHT > view.scrollTop + room) view.scrollTop = upper + HEIGHT - room;
    draw();
    const node = cell();
    for (const other of space.querySelectorAll('[tabindex="0"]')) other.setAttribute("tabindex", "-1");
    node?.setAttribute("tabindex", "0");
    node?.focus({ preventScroll: true });
  }

  function tick(at) {
    const picked = new Set(model.get("picked"));
    if (!picked.delete(at)) picked.add(at);
    model.set("picked", [...picked].sort((a, b) => a - b));
    model.save_changes();
  }

  view.addEventListener("keydown", (event) => {
    if (event.altKey || !event.target.closest(".ak-place")) return;
    const page = Math.max(1, Math.floor(view.clientHeight / HEIGHT) - 1);
    const [line, column] = here;
    const moves = { ArrowDown: [line + 1, column], ArrowUp: [line - 1, column], ArrowRight: [line, column + 1], ArrowLeft: [line, column - 1],
      PageDown: [line + page, column], PageUp: [line - page, column], Home: [0, column], End: [order.length - 1, column] };
    if (moves[event.key] && !event.ctrlKey && !event.metaKey) go(...moves[event.key]);
    else if (event.key === " ") tick(order[line]);
    else if (event.key === "c" && !event.ctrlKey && !event.metaKey && column) model.send({ kind: "copy", at: order[line], variant: shown()[column - 1] });
    else if (event.key === "Enter" && column && event.target.matches(".ak-place")) open(order[line], shown()[column - 1]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  view.addEventListener("click", (event) => {
    const place = event.target.closest(".ak-place");
    const line = event.target.closest(".ak-body-line");
    if (!place || !line || event.target.closest("a, summary")) return;
    here = [Number(line.dataset.line), [...line.children].indexOf(place)];
    if (!here[1]) tick(Number(line.dataset.at));
  });
  view.addEventListener("focusin", (event) => {
    const line = event.target.closest(".ak-body-line");
    const place = event.target.closest(".ak-place");
    if (line && place) here = [Number(line.dataset.line), [...line.children].indexOf(place)];
  });
  view.addEventListener("scroll", () => requestAnimationFrame(draw));
  let typing;
  for (const typed of [find, number, holds]) {
    typed.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(reorder, 150);
    });
  }
  for (const chosen of [score, test, field]) chosen.addEventListener("change", offer);
  show.addEventListener("change", reorder);
  sort.addEventListener("change", reorder);
  mode.addEventListener("change", restyle);
  base.addEventListener("change", restyle);

  function open(at, variant) {
    model.send({ kind: "open", at, variant });
  }

  function shut() {
    panel.hidden = true;
    cell()?.focus({ preventScroll: true });
  }
  close.addEventListener("click", shut);
  panel.addEventListener("keydown", (event) => event.key === "Escape" && shut());
  view.addEventListener("dblclick", (event) => {
    const column = event.target.closest(".ak-place") && here[1];
    if (column) open(order[here[0]], shown()[column - 1]);
  });

  function told(message) {
    if (message.kind === "open") {
      opened.innerHTML = message.html; // sanitised by the kernel
      panel.hidden = false;
      opened.focus();
    }
    if (message.kind === "copy") navigator.clipboard?.writeText(message.text);
    if (message.ticket !== ticket) return;
    if (message.kind === "order") {
      order = message.order;
      here = [0, here[1]];
      view.scrollTop = 0;
      space.replaceChildren();
    }
    if (message.kind === "rows") {
      for (const row of message.rows) {
        rows.set(row.at, row);
        asked.delete(row.at);
      }
      for (const at of rows.keys()) {
        if (rows.size <= KEPT) break;
        rows.delete(at);
      }
    }
    draw();
  }
  const repaint = () => {
    const held = view.contains(document.activeElement);
    space.replaceChildren();
    draw();
    if (held) cell()?.focus({ preventScroll: true });
  };
  model.on("msg:custom", told);
  model.on("change:picked", repaint);
  baseLabel.style.display = "none";
  holds.hidden = testLabel.hidden = number.hidden = true;
  layout();
  requestAnimationFrame(draw);
  return () => {
    model.off("msg:custom", told);
    model.off("change:picked", repaint);
  };
}

export default { render };
