// Blind side-by-side rating. The kernel decides what is shown and keeps what is said; this draws it and takes keys.
// Text from outside arrives as HTML that the kernel has sanitised, or goes in as textContent.

const PATIENCE_MS = 3000; // After which a person is told that an answer is not kept yet.
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

// HTML that the kernel has sanitised. Shortcuts look at the focused element alone, so each that can take it is marked.
function fill(node, html) {
  node.innerHTML = html;
  for (const each of node.querySelectorAll("a, summary")) each.setAttribute("data-lm-suppress-shortcuts", "true");
}

// Numbers what is sent, and says when the kernel has not yet told back that the last of it is kept.
function makeSender(model, late) {
  const view = Math.random().toString(36).slice(2);
  let number = 0;
  let heard = 0;
  let timer;
  const watch = () => {
    clearTimeout(timer);
    late(false);
    if (heard < number) timer = setTimeout(() => late(true), PATIENCE_MS);
  };
  const told = (message) => {
    heard = message.heard?.[view] ?? heard;
    watch();
  };
  model.on("msg:custom", told);
  return {
    send(what) {
      number += 1;
      model.send({ ...what, view, number });
      watch();
    },
    close() {
      clearTimeout(timer);
      model.off("msg:custom", told);
    },
  };
}

function render({ model, el }) {
  el.classList.add("ak-rate");
  const status = make("div", { class: "ak-status", role: "status" });
  const rater = make("input", { type: "text", "aria-label": "Rater", ...QUIET });
  const names = make("button", { type: "button", ...QUIET });
  const hint = make("div", { class: "ak-hint" }, "Keys answer once the box below has the focus: click it, or press Tab.");
  const bar = make("div", { class: "ak-bar" }, status, hint, make("label", {}, "Rater ", rater), names);
  const problem = make("div", { class: "ak-problem", role: "alert" });
  const unkept = make("div", { class: "ak-problem", role: "alert", hidden: "" },
    "Not kept yet: the kernel does not answer. It is busy, or it was restarted: then run the cell again. What was kept before is safe.");
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
  const undo = make("button", { type: "button", ...QUIET }, "Undo the last answer ", make("kbd", {}, "z"));
  const take = make("button", { type: "button", ...QUIET }, "Take back ", make("kbd", {}, "⌫"));
  const foot = make("div", { class: "ak-foot" }, make("label", { class: "ak-note" }, "Note (n), Escape leaves it", note), make("div", { class: "ak-go" }, back, on, next, take, undo));
  const stage = make("div", { class: "ak-stage", tabindex: "0", role: "group", "aria-label": "Rating: arrow keys or 1 to 4 answer", ...QUIET }, asked, same, pair, answers, foot);
  el.append(bar, problem, unkept, stage);

  const item = () => model.get("item");
  const { send, close } = makeSender(model, (late) => { unkept.hidden = !late; });
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
    fill(question, now.question);
    fill(target, now.target);
    targetBox.hidden = !now.target;
    same.hidden = !now.same;
    for (const side of ["left", "right"]) {
      fill(sides[side].text, now[side]);
      sides[side].title.textContent = (side === "left" ? "Left" : "Right") + (now.names ? `: ${now.names[side]}` : "");
      sides[side].box.classList.toggle("ak-picked", now.answer === side);
    }
    for (const answer of ORDER) {
      buttons[answer].setAttribute("aria-pressed", String(now.answer === answer));
    }
    take.disabled = !now.answer;
    undo.disabled = !now.undo;
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
  undo.addEventListener("click", () => send({ do: "undo" }));
  take.addEventListener("click", () => send({ do: "rate", key: item().key, answer: null }));

  el.addEventListener("keydown", (event) => {
    const typing = event.target === note || event.target === rater;
    const undoing = (event.ctrlKey || event.metaKey) && event.key === "z" && !typing;
    if ((event.ctrlKey || event.metaKey || event.altKey) && !undoing) return;
    if (typing) {
      if (event.key !== "Escape" && !(event.key === "Enter" && event.target === rater)) return;
      event.preventDefault();
      stage.focus();
      return;
    }
    const act = {
      n: () => note.focus(), b: () => back.click(), f: () => on.click(), u: () => next.click(), z: () => undo.click(), Backspace: () => take.click(),
    }[event.key];
    // A reply that scrolls keeps the arrows up and down.
    const { classList, scrollHeight, clientHeight } = event.target;
    const scrolls = classList.contains("ak-text") && scrollHeight > clientHeight && (event.key === "ArrowUp" || event.key === "ArrowDown");
    if (!act && (!KEYS[event.key] || scrolls)) return;
    // A key that is held down answers once, not every pair.
    if (!event.repeat) act ? act() : rate(KEYS[event.key]);
    event.preventDefault();
    event.stopPropagation();
  });
  model.on("change:item", draw);
  draw();
  return () => {
    close();
    model.off("change:item", draw);
  };
}

export default { render };
