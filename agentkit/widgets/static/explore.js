// The live comparison. Only rows in sight are in the page; the kernel sends them when they are asked for.
// Text from outside arrives as HTML that the kernel has sanitised, or goes in as textContent.

const AHEAD = 4; // Rows kept ready above and below what is in sight.
const CHUNK = 50;
const KEPT = 600; // Rows remembered.
const APART_MS = 100; // Between two questions for rows, so that scrolling far does not leave a queue behind.

function render({ model, el }) {
  const variants = model.get("variants");
  const total = model.get("count");
  let order = [...Array(total).keys()];
  let rows = new Map();
  let here = [0, 0];
  let asking = false;
  let lastAsked = 0;
  let later;

  const tools = makeTools({ variants, choices: model.get("choices"), act: { order: reorder, style: restyle, columns: layout } });
  const top = make("div", { class: "ak-line ak-top", role: "row", "aria-rowindex": "1" });
  const space = make("div", { class: "ak-space", role: "presentation" });
  const view = make("div", { class: "ak-view", role: "grid", tabindex: "-1", "aria-label": "Trials: samples down, variants across", "aria-multiselectable": "true", ...QUIET }, top, space);
  const status = make("div", { class: "ak-status", role: "status" });
  const silence = make("div", { class: "ak-silence", role: "alert" });
  const tickAll = make("button", { type: "button", ...QUIET }, "Tick these");
  const untick = make("button", { type: "button", ...QUIET }, "Untick all");
  const hint = make("div", { class: "ak-hint" }, "Arrows move · space ticks a sample · c copies a reply · o opens its folds · Enter opens its transcript");
  const foot = make("div", { class: "ak-count" }, status, tickAll, untick, hint);
  const panel = makePanel(() => cell()?.focus({ preventScroll: true }));
  const asker = makeAsker(model, (silent) => {
    if (silent) asking = false;
    silence.textContent = silent ? "The kernel does not answer. It is busy, or it was restarted: then run the cell again." : "";
  });
  el.classList.add("ak-explore");
  el.append(tools.node, silence, view, foot, panel.node);

  const picked = () => new Set(model.get("picked"));
  const cell = () => space.querySelector(`[data-line="${here[0]}"]`)?.children[here[1]];
  const count = (number, noun) => `${number.toLocaleString("en")} ${noun}${number === 1 ? "" : "s"}`;
  const template = () => `minmax(10rem, 15rem) repeat(${tools.shown().length}, minmax(13rem, 1fr))`;

  function layout() {
    const { mode, baseline } = tools.style();
    const heads = tools.shown().map((at) => make("div", { role: "columnheader", title: variants[at] }, make("span", { class: "ak-name" }, variants[at]),
      ...(mode === "diff" && at === baseline ? [make("span", { class: "ak-badge" }, "baseline")] : [])));
    top.replaceChildren(make("div", { class: "ak-first", role: "columnheader" }, "sample"), ...heads);
    view.setAttribute("aria-colcount", String(heads.length + 1));
    top.style.gridTemplateColumns = template();
    here[1] = Math.min(here[1], heads.length);
    space.replaceChildren();
    draw();
  }

  function tell(said = "") {
    const ticked = model.get("picked").length;
    const parts = [order.length === total ? count(total, "sample") : `${order.length.toLocaleString("en")} of ${count(total, "sample")}`];
    if (ticked) parts.push(`${ticked.toLocaleString("en")} ticked`);
    if (said) parts.push(said);
    if (status.textContent !== parts.join(" · ")) status.textContent = parts.join(" · ");
    tickAll.disabled = !order.length;
    untick.disabled = !ticked;
  }

  function draw() {
    const held = view.contains(document.activeElement);
    drawRows();
    // Drawing a row anew takes the focus from its cells, and keys that reach the notebook cut and paste its cells.
    if (held && !view.contains(document.activeElement)) (cell() ?? view).focus({ preventScroll: true });
  }

  function drawRows() {
    const height = tools.height();
    space.style.height = order.length ? `${order.length * height}px` : "";
    view.setAttribute("aria-rowcount", String(order.length + 1));
    const upper = Math.floor(view.scrollTop / height);
    const lower = Math.ceil((view.scrollTop + (view.clientHeight || 600) - top.offsetHeight) / height);
    const first = Math.max(0, upper - AHEAD);
    const last = Math.min(order.length, lower + AHEAD);
    if ((here[0] < first || here[0] >= last) && !view.contains(document.activeElement)) {
      here = [Math.min(Math.ceil(view.scrollTop / height), Math.max(order.length - 1, 0)), here[1]]; // Tab finds what is in sight
    }
    const have = new Map([...space.children].map((node) => [Number(node.dataset.line), node]));
    for (const [line, node] of have) if (!(line >= first && line < last)) node.remove();
    const missing = [];
    const beyond = [];
    const drawn = [];
    for (let line = first; line < last; line++) {
      const at = order[line];
      if (!rows.has(at)) (line >= upper && line < lower ? missing : beyond).push(at);
      const node = have.get(line);
      if (node && node.dataset.at === String(at) && node.dataset.full === String(rows.has(at))) continue;
      drawn.push(drawLine(line, at));
      if (node && node.isConnected) node.replaceWith(drawn.at(-1));
      else space.append(drawn.at(-1));
    }
    if (!order.length) space.replaceChildren(drawEmpty());
    for (const each of drawn.filter((node) => node.dataset.full === "true").flatMap((node) => [...node.children])) each.classList.toggle("ak-more", each.scrollHeight > each.clientHeight + 2);
    point();
    ask(missing.length ? missing : beyond); // what is in sight first
    tell();
  }

  function drawEmpty() {
    if (!total) return make("div", { class: "ak-empty" }, "There are no trials to show.");
    const all = make("button", { type: "button", ...QUIET }, "Show all samples");
    all.addEventListener("click", () => (tools.clear(), tools.find.focus()));
    return make("div", { class: "ak-empty" }, make("p", {}, "No sample fits."), all);
  }

  function drawLine(line, at) {
    const row = rows.get(at);
    const height = tools.height();
    const node = make("div", { class: "ak-line ak-body-line", role: "row", "aria-rowindex": String(line + 2) });
    Object.assign(node.dataset, { line, at, full: String(Boolean(row)) });
    node.style.cssText = `top:${line * height}px;height:${height}px`;
    node.style.gridTemplateColumns = template();
    const pieces = [row?.head, ...tools.shown().map((variant) => row?.cells[variant])];
    pieces.forEach((html, column) => {
      const place = make("div", { class: column ? "ak-place" : "ak-place ak-first", role: column ? "gridcell" : "rowheader", tabindex: "-1", ...QUIET });
      if (html === undefined) place.textContent = "…";
      else fill(place, html, false);
      if (!column) place.prepend(make("div", { class: "ak-tick", "aria-hidden": "true" }));
      else if (html !== undefined) place.prepend(drawActs());
      node.append(place);
    });
    mark(node, picked());
    return node;
  }

  // For the mouse; the keyboard has c and Enter.
  function drawActs() {
    const acts = [["Copy", "copy"], ["Open", "open"]].map(([text, act]) => make("button", { type: "button", tabindex: "-1", "data-act": act, "aria-hidden": "true", ...QUIET }, text));
    return make("div", { class: "ak-acts" }, ...acts);
  }

  function mark(node, ticked) {
    const head = node.firstChild;
    const on = ticked.has(Number(node.dataset.at));
    head.setAttribute("aria-selected", String(on));
    head.querySelector(".ak-tick").textContent = on ? "☑ ticked" : "☐";
  }

  function point() {
    for (const other of space.querySelectorAll('.ak-place[tabindex="0"]')) other.setAttribute("tabindex", "-1");
    cell()?.setAttribute("tabindex", "0");
  }

  function ask(places) {
    clearTimeout(later);
    if (!places.length) return;
    const wait = lastAsked + APART_MS - performance.now();
    if (wait > 0) {
      later = setTimeout(draw, wait);
      return;
    }
    if (asking) return;
    lastAsked = performance.now();
    asking = true;
    asker.ask("rows", { places: places.slice(0, CHUNK), ...tools.style() }, (message) => {
      asking = false;
      for (const row of message.rows) rows.set(row.at, row);
      for (const at of rows.keys()) {
        if (rows.size <= KEPT) break;
        rows.delete(at);
      }
      draw();
    });
  }

  function reorder() {
    asker.ask("order", tools.order(), (message) => {
      order = message.order;
      here = [0, here[1]];
      view.scrollTop = 0;
      space.replaceChildren();
      draw();
    });
  }

  function restyle() {
    const line = Math.floor(view.scrollTop / (parseFloat(space.firstChild?.style?.height) || tools.height()));
    rows = new Map();
    asking = false;
    lastAsked = 0;
    layout();
    view.scrollTop = line * tools.height();
  }

  function go(line, column) {
    here = [Math.max(Math.min(line, order.length - 1), 0), Math.min(Math.max(column, 0), tools.shown().length)];
    const height = tools.height();
    const upper = here[0] * height;
    const room = view.clientHeight - top.offsetHeight;
    if (upper < view.scrollTop || height > room) view.scrollTop = upper;
    else if (upper + height > view.scrollTop + room) view.scrollTop = upper + height - room;
    draw();
    const node = cell();
    view.style.scrollPaddingLeft = `${top.firstChild.offsetWidth}px`; // what stands under the fixed column is not in sight
    node?.focus({ preventScroll: true });
    node?.scrollIntoView({ block: "nearest", inline: "nearest" });
  }

  function tick(places, on) {
    const ticked = picked();
    for (const at of places) {
      if (on ?? !ticked.has(at)) ticked.add(at);
      else ticked.delete(at);
    }
    model.set("picked", [...ticked].sort((a, b) => a - b));
    model.save_changes();
  }

  const at = () => ({ at: order[here[0]], variant: tools.shown()[here[1] - 1] });
  const copy = () => asker.ask("copy", at(), async ({ text }) => tell((await copyText(text)) ? `copied ${count(text.length, "character")}` : "the browser does not let this page copy"));
  const open = () => asker.ask("open", at(), ({ html }) => panel.open(html));
  const unfold = () => {
    const folds = [...(cell()?.querySelectorAll("details") ?? [])];
    const opened = folds.some((fold) => !fold.open);
    for (const fold of folds) fold.open = opened;
  };

  function act(event) {
    const page = Math.max(1, Math.floor(view.clientHeight / tools.height()) - 1);
    const [line, column] = here;
    const key = event.ctrlKey || event.metaKey ? `Ctrl ${event.key}` : event.shiftKey ? `Shift ${event.key}` : event.key;
    const scroll = (by) => () => cell()?.scrollBy({ top: by });
    const acts = {
      ArrowDown: () => go(line + 1, column), ArrowUp: () => go(line - 1, column), ArrowRight: () => go(line, column + 1), ArrowLeft: () => go(line, column - 1),
      PageDown: () => go(line + page, column), PageUp: () => go(line - page, column), Home: () => go(0, column), End: () => go(order.length - 1, column),
      "Shift ArrowDown": scroll(60), "Shift ArrowUp": scroll(-60), " ": () => tick([order[line]]),
    };
    if (column) Object.assign(acts, { c: copy, o: unfold, Enter: open });
    if (column && getSelection().isCollapsed) acts["Ctrl c"] = copy;
    return order.length && Object.hasOwn(acts, key) ? acts[key] : null;
  }

  view.addEventListener("keydown", (event) => {
    if (event.altKey || event.target.closest("button")) return;
    if (event.key === "Enter" && event.target.closest("a, summary")) return;
    const does = act(event);
    if (!does) return;
    event.preventDefault();
    event.stopPropagation();
    does();
  });
  const stand = (event) => {
    const line = event.target.closest(".ak-body-line");
    const place = event.target.closest(".ak-place");
    if (line && place) here = [Number(line.dataset.line), [...line.children].indexOf(place)];
    return Boolean(line && place);
  };
  view.addEventListener("focusin", (event) => stand(event) && point());
  view.addEventListener("click", (event) => {
    if (!stand(event) || event.target.closest("a, summary")) return;
    const does = event.target.closest("[data-act]")?.dataset.act;
    if (does) (does === "copy" ? copy : open)();
    else if (!here[1] && getSelection().isCollapsed) tick([order[here[0]]]);
  });
  view.addEventListener("dblclick", (event) => stand(event) && here[1] && !event.target.closest("a, summary, button") && open());
  view.addEventListener("scroll", () => requestAnimationFrame(draw));
  tickAll.addEventListener("click", () => tick(order, true));
  untick.addEventListener("click", () => tick(picked(), false));
  const repick = () => {
    const ticked = picked();
    for (const node of space.querySelectorAll(".ak-body-line")) mark(node, ticked);
    tell();
  };
  model.on("change:picked", repick);
  layout();
  requestAnimationFrame(draw);
  return () => {
    asker.close();
    clearTimeout(later);
    model.off("change:picked", repick);
  };
}

export default { render };
