// Parts of the live comparison beside its table: questions to the kernel, the clipboard, the panel with a transcript.

const PATIENCE_MS = 4000; // After which a person is told that the kernel does not answer.

// Questions to the kernel, each answered once, to this view of the widget alone.
function makeAsker(model, silent) {
  const view = Math.random().toString(36).slice(2);
  const waiting = new Map();
  let number = 0;
  let timer;
  const watch = () => {
    clearTimeout(timer);
    silent(false);
    if (waiting.size) timer = setTimeout(() => silent(true), PATIENCE_MS);
  };
  const told = (message) => {
    if (message.view !== view || !waiting.has(message.ticket)) return;
    const answered = waiting.get(message.ticket);
    waiting.delete(message.ticket);
    watch();
    answered(message);
  };
  model.on("msg:custom", told);
  return {
    ask(kind, what, answered) {
      number += 1;
      // Of each kind the last counts: an order that was typed over is of no use any more.
      for (const [ticket, other] of waiting) if (other.kind === kind) waiting.delete(ticket);
      const once = Object.assign((message) => answered(message), { kind });
      waiting.set(number, once);
      model.send({ ...what, kind, view, ticket: number });
      watch();
    },
    close() {
      clearTimeout(timer);
      model.off("msg:custom", told);
    },
  };
}

async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    // A page that is not served over https has no clipboard of its own.
    const holder = make("textarea", { style: "position:fixed;opacity:0", "aria-hidden": "true", ...QUIET });
    const before = document.activeElement;
    holder.value = text;
    document.body.append(holder);
    holder.select();
    const done = document.execCommand("copy");
    holder.remove();
    before?.focus({ preventScroll: true });
    return done;
  }
}

function makePanel(closed) {
  const text = make("div", { class: "ak-opened", tabindex: "0", role: "region", "aria-label": "Transcript", ...QUIET });
  const close = make("button", { type: "button", ...QUIET }, "Close the transcript ", make("kbd", {}, "Esc"));
  const node = make("div", { class: "ak-panel" }, close, text);
  node.hidden = true;
  const shut = () => {
    node.hidden = true;
    closed();
  };
  close.addEventListener("click", shut);
  node.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    event.preventDefault();
    event.stopPropagation();
    shut();
  });
  return {
    node,
    open(html) {
      fill(text, html);
      node.hidden = false;
      text.scrollTop = 0;
      text.focus({ preventScroll: true });
      node.scrollIntoView({ block: "nearest" });
    },
  };
}
