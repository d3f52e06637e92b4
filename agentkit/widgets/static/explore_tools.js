// The controls of the live comparison: what is looked for, how it is ordered and shown, which variants in which order.
// Everything is known to the kernel by its place in a list; names are only ever text.

const QUIET = { "data-lm-suppress-shortcuts": "true" }; // A notebook's own shortcuts leave this element alone.
const HEIGHTS = [["low", 110], ["middle", 190], ["high", 420]];

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

// HTML that the kernel has sanitised. Shortcuts look at the focused element alone, so each that can take it is marked.
function fill(node, html, reachable = true) {
  node.innerHTML = html;
  for (const each of node.querySelectorAll("a, summary, [tabindex]")) {
    each.setAttribute("data-lm-suppress-shortcuts", "true");
    if (!reachable) each.setAttribute("tabindex", "-1");
  }
  for (const each of node.querySelectorAll(".ak-title, .ak-quiet, .ak-mark")) each.dir = "auto";
  return node;
}

function select(label, options, first) {
  const field = make("select", QUIET);
  const named = first === undefined ? options : [first, ...options];
  named.forEach((option, at) => field.append(make("option", { value: first === undefined ? at : at - 1 }, option)));
  return [make("label", {}, make("span", {}, label), field), field];
}

const place = (field) => Number(field.value);

// `act` is told what changed: `order` (which rows, in which order), `style` (how replies are shown), `columns`.
function makeTools({ variants, choices, act }) {
  const find = make("input", { type: "search", placeholder: "text of a sample or a reply", ...QUIET });
  const [showLabel, show] = select("Show", choices.shows);
  const [sortLabel, sort] = select("Order", choices.sorts);
  const [modeLabel, mode] = select("Replies as", choices.modes);
  const [baseLabel, base] = select("Compared with", variants);
  const [heightLabel, height] = select("Rows", HEIGHTS.map(([name]) => name));
  const [scoreLabel, score] = select("Score", choices.scores, "any");
  const [testLabel, test] = select("is", choices.tests);
  const number = make("input", { type: "number", step: "any", "aria-label": "Score, number", ...QUIET });
  const [fieldLabel, field] = select("Sample metadata", choices.fields.map(([name]) => name), "any");
  const values = make("datalist", { id: `ak-values-${Math.random().toString(36).slice(2)}` });
  const holds = make("input", { type: "text", placeholder: "holds", list: values.id, "aria-label": "Value of the sample's field", ...QUIET });
  const scored = make("div", { class: "ak-where" }, scoreLabel, testLabel, number);
  const about = make("div", { class: "ak-where" }, fieldLabel, holds, values);
  const columns = make("div", { class: "ak-columns", role: "group", "aria-label": "Variants shown" });
  const wide = make("label", { class: "ak-wide" }, make("span", {}, "Find"), find);
  const node = make("div", { class: "ak-tools", role: "group", "aria-label": "What is shown" },
    wide, showLabel, scored, about, sortLabel, modeLabel, baseLabel, heightLabel, columns);
  let arranged = variants.map((_, at) => at);
  const hidden = new Set();
  height.value = 1;

  function offer() {
    scored.hidden = !choices.scores.length;
    about.hidden = !choices.fields.length;
    testLabel.hidden = place(score) < 0;
    number.hidden = place(score) < 0 || !["at least", "at most"].includes(choices.tests[place(test)]);
    holds.hidden = place(field) < 0;
    values.replaceChildren(...(choices.fields[place(field)]?.[1] ?? []).map((value) => make("option", { value })));
    baseLabel.hidden = choices.modes[place(mode)] !== "diff";
  }

  function move(at, by) {
    const from = arranged.indexOf(at);
    [arranged[from], arranged[from + by]] = [arranged[from + by], arranged[from]];
    drawColumns();
    act.columns();
    const again = columns.querySelectorAll(`[data-of="${at}"]`);
    (([...again].find((button) => button.dataset.move === String(by) && !button.disabled)) ?? [...again].find((button) => !button.disabled))?.focus();
  }

  function drawColumns() {
    columns.replaceChildren(...arranged.map((at, order) => {
      const box = make("input", { type: "checkbox", ...QUIET });
      box.checked = !hidden.has(at);
      box.addEventListener("change", () => {
        if (box.checked) hidden.delete(at);
        else hidden.add(at);
        act.columns();
        // What differs, fails or scores is asked of the variants in sight.
        if (filtered()) act.order();
      });
      const moves = variants.length < 2 ? [] : [[-1, "←", "left"], [1, "→", "right"]].map(([by, sign, where]) => {
        const button = make("button", { type: "button", "aria-label": `Move ${variants[at]} ${where}`, "data-move": by, "data-of": at, ...QUIET }, sign);
        button.disabled = !(order + by in arranged);
        button.addEventListener("click", () => move(at, by));
        return button;
      });
      return make("span", { class: "ak-column" }, make("label", { title: variants[at] }, box, make("span", {}, variants[at])), ...moves);
    }));
  }

  const filtered = () => Boolean(find.value) || place(show) > 0 || place(sort) > 0 || place(score) >= 0;

  function clear() {
    find.value = holds.value = number.value = "";
    show.value = 0;
    score.value = field.value = -1;
    offer();
    act.order();
  }

  let typing;
  for (const typed of [find, number, holds]) {
    typed.addEventListener("input", () => {
      clearTimeout(typing);
      typing = setTimeout(act.order, 150);
    });
  }
  for (const chosen of [show, sort, score, test, field]) chosen.addEventListener("change", () => (offer(), act.order()));
  for (const chosen of [mode, base, height]) chosen.addEventListener("change", () => (offer(), act.style()));
  drawColumns();
  offer();

  return {
    node, clear, find,
    shown: () => arranged.filter((at) => !hidden.has(at)),
    height: () => HEIGHTS[place(height)][1],
    style: () => ({ mode: choices.modes[place(mode)], baseline: place(base) }),
    order: () => ({
      text: find.value, show: place(show), sort: place(sort), variants: arranged.filter((at) => !hidden.has(at)),
      score: place(score) < 0 ? null : [place(score), place(test), number.value === "" ? null : Number(number.value)],
      field: place(field) < 0 ? null : [place(field), holds.value],
    }),
  };
}
