// What ipywidgets cannot set on its own elements: names and roles for screen readers, and keys that stay in the form.
// It holds no state and draws nothing; the form works without it.

function mark(root) {
  // JupyterLab's shortcuts match the focused element itself (`.jp-Notebook :focus`), so each needs the mark.
  for (const each of [root, ...root.querySelectorAll("button, input, select, textarea, summary, [tabindex]")]) {
    each.setAttribute("data-lm-suppress-shortcuts", "true");
  }
  root.setAttribute("role", "form");
  for (const box of root.querySelectorAll(".ak-group")) {
    const title = box.querySelector(".ak-group-title");
    if (title && !box.hasAttribute("role")) {
      box.setAttribute("role", "group");
      box.setAttribute("aria-label", title.textContent.trim());
    }
  }
  for (const live of root.querySelectorAll(".ak-live")) live.setAttribute("aria-live", "polite");
  for (const button of root.querySelectorAll("button[title]")) {
    if (button.title && button.getAttribute("aria-label") !== button.title) {
      button.setAttribute("aria-label", button.title);
    }
  }
  join(root);
  for (const area of root.querySelectorAll("textarea")) area.setAttribute("spellcheck", "true");
}

// ipywidgets groups no radio buttons: each would be a stop of its own, and the arrows lead from one set to another.
let sets = 0;
function join(root) {
  for (const box of root.querySelectorAll(".widget-radio-box")) {
    box.dataset.akSet ??= `ak-set-${Math.random().toString(36).slice(2)}-${(sets += 1)}`;
    const label = box.closest(".widget-radio")?.querySelector(":scope > .widget-label")?.textContent.trim();
    box.setAttribute("role", "radiogroup");
    if (label) box.setAttribute("aria-label", label);
    for (const radio of box.querySelectorAll("input")) if (radio.name !== box.dataset.akSet) radio.name = box.dataset.akSet;
  }
}

const CONTROLS = "button, input, select, textarea, summary, [tabindex='0']";

// The focus stays in the form when what had it is made anew, hidden or switched off.
class Focus {
  constructor(root) {
    this.root = root;
    this.last = null;
    this.seen = (event) => this.see(event.target);
    document.addEventListener("focusin", this.seen);
  }

  usable() {
    return [...this.root.querySelectorAll(CONTROLS)].filter((each) => !each.disabled && each.offsetParent);
  }

  see(target) {
    const controls = this.root.contains(target) ? this.usable() : [];
    const at = controls.indexOf(target);
    const name = named(target);
    const twins = controls.filter((each) => named(each) === name);
    this.last = at < 0 ? null : { target, at, name, twin: twins.indexOf(target) };
  }

  // What is made anew joins the page in its own time: its twin is waited for, then its neighbour will do.
  keep(tries = 8) {
    const { last } = this;
    const lost = document.activeElement === document.body || document.activeElement === last?.target;
    if (!last || !lost || (last.target.isConnected && !last.target.disabled && last.target.offsetParent)) return;
    const controls = this.usable();
    const twins = controls.filter((each) => named(each) === last.name);
    const neighbour = tries && !last.target.isConnected ? null : controls[Math.min(last.at, controls.length - 1)];
    const next = twins[Math.min(last.twin, twins.length - 1)] ?? neighbour;
    clearTimeout(this.waiting);
    if (!next) this.waiting = setTimeout(() => this.keep(tries - 1), 40);
    next?.focus({ preventScroll: true });
    next?.scrollIntoView({ block: "nearest" });
  }

  end() {
    clearTimeout(this.waiting);
    document.removeEventListener("focusin", this.seen);
  }
}

function named(control) {
  return control.getAttribute("aria-label") || control.title || control.labels?.[0]?.textContent.trim() || control.textContent.trim();
}

// Typing reaches the kernel a little later than a click does: an input sends its next text when the last was taken.
const waiting = (model) => [...(model.widget_manager?._modelsSync?.values?.() ?? [])].filter((each) => each._pending_msgs > 0);

async function unsettled(model, root) {
  const found = [];
  for (const each of waiting(model)) {
    const views = await Promise.all(Object.values(each.views ?? {}));
    if (views.some((view) => root.contains(view.el))) found.push(each);
  }
  return found;
}

const pause = (ms) => new Promise((resolve) => setTimeout(resolve, ms));

// A kernel that is busy takes its time, and half a word must not be saved; one that is gone answers never.
const PATIENCE_MS = 30000;
const RESTED_MS = 2000;

// Wait until all that was typed is taken. A kernel that rests and has not said so never will: its word was lost, and the
// input would send nothing more. It goes on as if it had been told. A kernel of which the last word was lost is asked.
async function settle(model, root) {
  await pause(20);
  let rested = 0;
  for (let waited = 0; waited < PATIENCE_MS; waited += 50) {
    const late = await unsettled(model, root);
    if (!late.length) return;
    if (waited % 1000 === 950) model.send({ key: "heard" });
    if (rested >= RESTED_MS) {
      for (const each of late) each._handle_status?.({ content: { execution_state: "idle" } });
      rested = 0;
    }
    await pause(50);
    if (model.widget_manager?.kernel?.status !== "busy") rested += 50;
  }
}

// The input of a field, by its class; it may lie in a fold that is only just opening.
function focus(root, field, tries = 60) {
  const input = root.querySelector(`.${CSS.escape(field)} :is(input, textarea)`);
  if (input && input.offsetParent) {
    input.focus({ preventScroll: true });
    input.scrollIntoView({ block: "center" });
  } else if (tries) requestAnimationFrame(() => focus(root, field, tries - 1));
}

// How much of the notebook is seen at once and how much of that the form's head takes: the style sheet needs both to
// keep in sight what stands beside the form.
function measured(root) {
  const head = root.querySelector(".ak-head");
  let window_ = root.parentElement;
  while (window_ && !/auto|scroll/.test(getComputedStyle(window_).overflowY)) window_ = window_.parentElement;
  if (!head || !window_) return null;
  const sizes = new ResizeObserver(() => {
    root.style.setProperty("--ak-view", `${window_.clientHeight}px`);
    root.style.setProperty("--ak-head", `${head.offsetHeight}px`);
  });
  sizes.observe(window_);
  sizes.observe(head);
  return sizes;
}

function beside(root) {
  const aside = root.querySelector(".ak-side");
  aside.tabIndex = -1;
  aside.focus({ preventScroll: true });
  aside.scrollIntoView({ block: "start" });
}

const KEYS = { s: "save", z: "undo", y: "redo" };

function render({ model, el }) {
  el.style.display = "none";
  let observer;
  let sizes;
  let keeper;
  let typed;
  const asked = (message) => {
    if (message.focus) focus(el.closest(".ak-form"), message.focus);
    if (message.aside) beside(el.closest(".ak-form"));
  };
  const start = () => {
    const root = el.closest(".ak-form");
    if (!root) return;
    root.setAttribute("aria-label", model.get("label"));
    mark(root);
    sizes = measured(root);
    model.send({ key: "shown" });
    keeper = new Focus(root);
    let [marking, fresh] = [0, false];
    observer = new MutationObserver((changes) => {
      fresh ||= changes.some((change) => change.type === "childList");
      if (document.activeElement === document.body) keeper.keep();
      cancelAnimationFrame(marking);
      marking = requestAnimationFrame(() => {
        if (fresh) mark(root);
        fresh = false;
        keeper.keep();
      });
    });
    observer.observe(root, { childList: true, subtree: true, attributes: true, attributeFilter: ["disabled", "style", "class"] });
    root.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      const key = KEYS[event.key.toLowerCase()];
      // A form without undo, and an input that belongs to the page alone, keep their own.
      if (!key || (key !== "save" && !(root.querySelector(".ak-undo") && event.target.closest(".jupyter-widgets")))) return;
      if (event.target.closest(".ak-find")) return;
      event.preventDefault();
      event.stopPropagation();
      settle(model, root).then(() => model.send({ key: key === "undo" && event.shiftKey ? "redo" : key }));
      // While it is on its way down: text inputs let no key come up again.
    }, true);
    model.on("msg:custom", asked);
    root.addEventListener("input", () => {
      clearTimeout(typed);
      typed = setTimeout(() => settle(model, root), RESTED_MS);
    });
    let passing = false;
    root.addEventListener("click", (event) => {
      const control = event.target.closest(".jupyter-button, .widget-checkbox input");
      if (!control || passing || !waiting(model).length) return;
      // A tick shows at once and counts later: ipywidgets hear a click that is none of a mouse, the box does not.
      const tick = control.type === "checkbox";
      if (!tick) event.preventDefault();
      event.stopImmediatePropagation();
      settle(model, root).then(() => {
        passing = true;
        if (tick) control.dispatchEvent(new Event("click", { bubbles: true }));
        else control.click();
        passing = false;
      });
    }, true);
  };
  // The element joins the page only after render has returned.
  requestAnimationFrame(start);
  return () => {
    model.off("msg:custom", asked);
    clearTimeout(typed);
    if (observer) model.send({ key: "gone" });
    observer?.disconnect();
    sizes?.disconnect();
    keeper?.end();
  };
}

export default { render };
