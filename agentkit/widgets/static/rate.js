// Blind side-by-side rating. The kernel decides what is shown and keeps what is said; this draws it and takes keys.
// Text from outside arrives as HTML that the kernel has sanitised, or goes in as textContent.

const QUIET = { "data-lm-suppress-shortcuts": "true" }; // A notebook's own shortcuts leave this element alone.
const KEYS = { 1: "left", 2: "right", 3: "tie", 4: "both bad", ArrowLeft: "left", ArrowRight: "right", ArrowDown: "tie", ArrowUp: "both bad" };
const WORDS = { left: "Left is better", right: "Right is better", tie: "Tie", "both bad": "Both bad" };
const HINTS = { left: "← or 1", right: "→ or 2", tie: "↓ or 3", "both bad": "↑ or 4" };
const ORDER = ["left", "tie", "both bad", "right"];

function make(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) node.setAttribute(name, value);
  node.append(...children);
  return node;
}

function render({ model, el }) {
  el.classList.add("ak-rate");
  const status = make("div", { class: "ak-status", role: "status" });
  const rater = make("input", { type: "text", "aria-label": "Rater", ...QUIET });
  const names = make("button", { type: "button", ...QUIET });
  const bar = make("div", { class: "ak-bar" }, status, make("label", {}, "Rater ", rater), names);
  const problem = make("div", { class: "ak-problem", role: "alert" });
  const question = make("div", { class: "ak-text" });
  const target = make("div", { class: "ak-text" });
  const targetBox = make("details", {}, make("summary", { ...QUIET }, "Reference answer"), target);
  const asked = make("section", { class: "ak-asked", "aria-label": "Request" }, make("h3", {}, "Request"), question, targetBox);
  const same = make("div", { class: "ak-same" }, "These two replies are the same.");
  const sides = {};
  const pair = make("div", { class: "ak-pair" });
  for (const side of ["left", "right"]) {
    const title = make("h3", {});
    const text = make("div", { class: "ak-text", tabindex: "0", role: "region", "aria-label": `${side} reply`, ...QUIET });
    sides[side] = { title, text, box: make("section", { class: "ak-side", "aria-label": side }, title, text) };
    pair.append(sides[side].box);
  }
  const buttons = {};
  const answers = make("div", { class: "ak-answers", role: "group", "aria-label": "Which reply is better?" });
  for (const answer of ORDER) {
    const button = make("button", { type: "button", "aria-pressed": "false", ...QUIET }, `${WORDS[answer]} `, make("kbd", {}, HINTS[answer]));
    button.addEventListener("click", () => rate(answer));
    buttons[answer] = button;
    answers.append(button);
  }
  const note = make("textarea", { rows: "1", placeholder: "why, if you like", "aria-label": "Note", ...QUIET });
  const back = make("button", { type: "button", ...QUIET }, "Back ", make("kbd", {}, "b"));
  const on = make("button", { type: "button", ...QUIET }, "On ", make("kbd", {}, "f"));
  const next = make("button", { type: "button", ...QUIET }, "Next not rated ", make("kbd", {}, "u"));
  const take = make("button", { type: "button", ...QUIET }, "Take back ", make("kbd", {}, "⌫"));
  const foot = make("div", { class: "ak-foot" }, make("label", { class: "ak-note" }, "Note (n), Escape leaves it", note), make("div", { class: "ak-go" }, back, on, next, take));
  const stage = make("div", { class: "ak-stage", tabindex: "0", role: "group", "aria-label": "Rating: arrow keys or 1 to 4 answer", ...QUIET }, asked, same, pair, answers, foot);
  el.append(bar, problem, stage);

  const item = () => model.get("item");
  const send = (told) => model.send(told);
  const rate = (answer) => send({ do: "rate", key: item().key, answer });

  let shownKey = null;
  function draw() {
    const now = item();
    const percent = now.total ? Math.floor((100 * now.done) / now.total) : 0;
    status.textContent = now.finished
      ? `All ${now.total} pairs are rated. Thank you.`
      : `Pair ${now.at} of ${now.total} · ${now.done} rated (${percent} %)`;
    if (document.activeElement !== rater) rater.value = now.rater;
    names.textContent = now.names ? "Hide the names" : "Show the names";
    names.setAttribute("aria-pressed", String(Boolean(now.names)));
    problem.textContent = now.problem;
    problem.hidden = !now.problem;
    question.innerHTML = now.question;
    target.innerHTML = now.target;
    targetBox.hidden = !now.target;
    same.hidden = !now.same;
    for (const side of ["left", "right"]) {
      sides[side].text.innerHTML = now[side];
      sides[side].title.textContent = (side === "left" ? "Left" : "Right") + (now.names ? `: ${now.names[side]}` : "");
      sides[side].box.classList.toggle("ak-picked", now.answer === side);
    }
    for (const answer of ORDER) {
      buttons[answer].setAttribute("aria-pressed", String(now.answer === answer));
    }
    take.disabled = !now.answer;
    back.disabled = now.at === 1;
    on.disabled = now.at === now.total;
    if (shownKey !== now.key) {
      note.value = now.note;
      shownKey = now.key;
      sides.left.text.scrollTop = sides.right.text.scrollTop = 0;
    }
  }

  note.addEventListener("input", () => send({ do: "note", key: shownKey, text: note.value }));
  rater.addEventListener("change", () => send({ do: "rater", name: rater.value }));
  names.addEventListener("click", () => send({ do: "names" }));
  back.addEventListener("click", () => send({ do: "go", by: -1 }));
  on.addEventListener("click", () => send({ do: "go", by: 1 }));
  next.addEventListener("click", () => send({ do: "next" }));
  take.addEventListener("click", () => send({ do: "rate", key: item().key, answer: null }));

  el.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const typing = event.target === note || event.target === rater;
    if (typing) {
      if (event.key !== "Escape" && !(event.key === "Enter" && event.target === rater)) return;
      event.preventDefault();
      stage.focus();
      return;
    }
    const act = {
      n: () => note.focus(), b: () => back.click(), f: () => on.click(), u: () => next.click(), Backspace: () => take.click(),
    }[event.key];
    // A reply that scrolls keeps the arrows up and down.
    const scrolls = event.target.classList.contains("ak-text") && (event.key === "ArrowUp" || event.key === "ArrowDown");
    if (act) act();
    else if (KEYS[event.key] && !scrolls) rate(KEYS[event.key]);
    else return;
    event.preventDefault();
    event.stopPropagation();
  });
  model.on("change:item", draw);
  draw();
}

export default { render };
