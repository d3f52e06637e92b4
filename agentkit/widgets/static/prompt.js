// Beside the system prompt's textarea: line numbers, marks at the lines of findings, and find.
//
// A second copy of the text, unseen, lies exactly over the textarea: same font, same width, same wrapping. So a line's
// number stands where the line is without anything being measured. All text goes in as text, never as HTML.

const SIGNS = { error: ["✖", "error"], warning: ["▲", "warn"], info: ["●", "info"] };

function make(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

// A property that is set again, even to what it is, has the page style every line below it anew.
function set(element, property, value) {
  if (element.style.getPropertyValue(property) !== value) element.style.setProperty(property, value);
}

// The lines of the textarea as elements, of which only those that changed are made anew.
class Lines {
  constructor(area) {
    this.area = area;
    this.texts = [];
    this.rows = [];
    this.rolls = make("div", { class: "ak-rolls" });
    this.view = make("div", { class: "ak-lines", "aria-hidden": "true" }, this.rolls);
    this.said = make("div", { class: "ak-said", id: `ak-said-${Math.random().toString(36).slice(2)}` });
    area.parentElement.append(this.view, this.said);
    area.setAttribute("aria-describedby", this.said.id);
  }

  read() {
    const now = this.area.value.split("\n");
    const before = this.texts;
    let head = 0;
    while (head < now.length && head < before.length && now[head] === before[head]) head += 1;
    let tail = 0;
    while (tail < Math.min(now.length, before.length) - head && now.at(-1 - tail) === before.at(-1 - tail)) tail += 1;
    // Typing within a line changes that line's element: a new one would have the page count all lines below again.
    for (; head < Math.min(now.length, before.length) - tail; head += 1) this.write(head, now[head]);
    const fresh = now.slice(head, now.length - tail).map((text) => make("div", { class: "ak-line" }, this.text(text)));
    const gone = this.rows.splice(head, before.length - head - tail, ...fresh);
    for (const row of gone) row.remove();
    const next = this.rows[head + fresh.length];
    for (const row of fresh) this.rolls.insertBefore(row, next ?? null);
    this.texts = now;
    // White space before the prompt's first word is not part of it, so these lines have no number.
    this.blank = this.area.value.slice(0, this.area.value.search(/\S|$/)).split("\n").length - 1;
    for (const row of this.rolls.querySelectorAll(".ak-blank")) row.classList.remove("ak-blank");
    for (const row of this.rows.slice(0, this.blank)) row.classList.add("ak-blank");
  }

  write(at, text) {
    const line = this.rows[at].querySelector(".ak-line-text");
    // The text alone: for a new node the page would count all lines again.
    if (line.childNodes.length === 1 && line.firstChild.nodeType === Node.TEXT_NODE) line.firstChild.data = text || "\u200b";
    else line.textContent = text || "\u200b";
  }

  // Where the textarea's text begins to be the same again as it was, read from the end.
  changed() {
    const [now, before] = [this.area.value, this.texts.join("\n")];
    let same = 0;
    while (same < Math.min(now.length, before.length) && now.at(-1 - same) === before.at(-1 - same)) same += 1;
    return now.length - same;
  }

  text(text) {
    return make("span", { class: "ak-line-text" }, text || "\u200b");
  }

  // Numbers and marks. `first` is the file's line on which the prompt begins.
  number(first, marks) {
    this.first = first;
    const frame = this.area.parentElement;
    set(this.view, "--ak-before", String(first - 1));
    set(frame, "--ak-digits", `${String(first + this.rows.length).length}ch`);
    frame.classList.toggle("ak-marked", marks.length > 0);
    for (const sign of this.rolls.querySelectorAll(".ak-sign")) sign.remove();
    for (const mark of marks) {
      const row = this.rows[mark.line - first + this.blank];
      if (!row) continue;
      const [sign, word] = SIGNS[mark.severity] ?? SIGNS.info;
      const parts = [make("b", {}, sign), make("b", { class: "ak-sign-word" }, word)];
      row.prepend(make("span", { class: "ak-sign", "data-severity": mark.severity, title: mark.message }, ...parts));
    }
    const said = marks.map((mark) => `Line ${mark.line}: ${mark.message}`).join(" ");
    if (this.said.textContent !== said) this.said.textContent = said;
  }

  place() {
    const { area, view, rolls } = this;
    const left = area.offsetLeft + area.clientLeft;
    const top = area.offsetTop + area.clientTop;
    const [width, height] = [area.clientWidth, area.clientHeight];
    const scrolled = area.scrollTop;
    set(view, "left", `${left}px`);
    set(view, "top", `${top}px`);
    set(view, "width", `${width}px`);
    set(view, "height", `${height}px`);
    set(rolls, "transform", `translateY(${-scrolled}px)`);
  }

  start(at) {
    return this.texts.slice(0, at).reduce((sum, text) => sum + text.length + 1, 0);
  }

  // Bring a line into the textarea's window.
  reveal(at) {
    const row = this.rows[at];
    const top = row.offsetTop - this.area.scrollTop;
    if (top < 0 || top + row.offsetHeight > this.area.clientHeight) {
      this.area.scrollTop = row.offsetTop - this.area.clientHeight / 3;
    }
    this.place();
  }

  go(line) {
    const at = Math.max(0, Math.min(line - this.first + this.blank, this.rows.length - 1));
    const start = this.start(at);
    this.area.focus({ preventScroll: true });
    this.area.setSelectionRange(start, start + this.texts[at].length);
    this.area.scrollIntoView({ block: "center" });
    this.reveal(at);
  }
}

// Find: letter case aside, no patterns.
class Find {
  constructor(lines) {
    this.lines = lines;
    this.found = [];
    this.at = -1;
    this.input = make("input", {
      type: "text", class: "ak-find-text", placeholder: "Find", "aria-label": "Find in the system prompt",
    });
    this.count = make("span", { class: "ak-find-count ak-hint", role: "status" });
    this.up = this.button("↑", "Previous match", -1);
    this.down = this.button("↓", "Next match", 1);
    this.view = make("div", { class: "ak-find", role: "search" }, this.input, this.up, this.down, this.count);
    this.input.addEventListener("input", () => this.look(lines.area.selectionStart, true));
    this.input.addEventListener("keydown", (event) => this.key(event));
  }

  button(text, name, by) {
    const made = make("button", { type: "button", class: "jupyter-button ak-small", title: name }, text);
    made.addEventListener("click", () => this.step(by));
    return made;
  }

  key(event) {
    if (event.key === "Enter") this.step(event.shiftKey ? -1 : 1);
    else if (event.key === "Escape") this.leave();
    else if (!isFind(event)) return;
    else this.input.select();
    event.preventDefault();
    event.stopPropagation();
  }

  open() {
    const { area } = this.lines;
    const picked = area.value.slice(area.selectionStart, area.selectionEnd);
    if (picked && !picked.includes("\n")) this.input.value = picked;
    this.input.focus();
    this.input.select();
    this.look(area.selectionStart, true);
  }

  leave() {
    const { area } = this.lines;
    const match = this.found[this.at];
    this.input.value = "";
    this.look(0, false);
    area.focus({ preventScroll: true });
    if (match) area.setSelectionRange(match.from, match.to);
  }

  look(from, reveal) {
    const wanted = this.input.value;
    this.found = [];
    if (wanted) {
      const pattern = new RegExp(wanted.replace(/[.*+?^${}()|[\]\\]/g, "\\$&"), "giu");
      let start = 0;
      this.lines.texts.forEach((text, row) => {
        for (const match of text.matchAll(pattern)) {
          const from_ = start + match.index;
          this.found.push({ row, column: match.index, from: from_, to: from_ + match[0].length });
        }
        start += text.length + 1;
      });
    }
    this.at = this.found.findIndex((match) => match.from >= from);
    if (this.at < 0 && this.found.length) this.at = 0;
    this.paint();
    if (reveal && this.at >= 0) this.lines.reveal(this.found[this.at].row);
  }

  step(by) {
    if (!this.found.length) return;
    this.at = (this.at + by + this.found.length) % this.found.length;
    this.paint();
    const match = this.found[this.at];
    this.lines.area.setSelectionRange(match.from, match.to);
    this.lines.reveal(match.row);
  }

  paint() {
    const { lines } = this;
    for (const mark of lines.rolls.querySelectorAll("mark")) {
      const at = lines.rows.indexOf(mark.closest(".ak-line"));
      if (at >= 0) lines.write(at, lines.texts[at]);
    }
    const rows = new Map();
    this.found.forEach((match, at) => rows.set(match.row, [...(rows.get(match.row) ?? []), [match, at]]));
    for (const [row, matches] of rows) {
      const text = lines.texts[row];
      const pieces = [];
      let done = 0;
      for (const [match, at] of matches) {
        const end = match.column + match.to - match.from;
        const here = make("mark", at === this.at ? { class: "ak-here" } : {}, text.slice(match.column, end));
        pieces.push(text.slice(done, match.column), here);
        done = end;
      }
      lines.rows[row].querySelector(".ak-line-text").replaceChildren(...pieces, text.slice(done));
    }
    const total = this.found.length;
    this.count.textContent = !this.input.value ? "" : total ? `${this.at + 1} of ${total}` : "not found";
    this.up.disabled = this.down.disabled = !total;
  }
}

function isFind(event) {
  return (event.ctrlKey || event.metaKey) && !event.altKey && !event.shiftKey && event.key.toLowerCase() === "f";
}

// A click on it is answered by JupyterLab, which looks for these attributes.
function opener(path, note) {
  const link = make("button", {
    type: "button", class: "jupyter-button ak-small ak-open",
    "data-commandlinker-command": "docmanager:open",
    "data-commandlinker-args": JSON.stringify({ path, factory: "Editor" }),
  }, "Open in JupyterLab's editor");
  if (note) link.title = `Open in JupyterLab's editor. ${note}`;
  return link;
}

function render({ model, el }) {
  el.classList.add("ak-prompt-bar");
  let stopped = false;
  const ends = [];
  const listen = (target, name, act) => {
    model.on(name, act);
    ends.push(() => model.off(name, act));
  };

  const start = () => {
    const area = el.closest(".ak-write")?.querySelector(".ak-prompt textarea");
    if (stopped) return;
    // The textarea joins the page in its own time.
    if (!area) {
      requestAnimationFrame(start);
      return;
    }
    const lines = new Lines(area);
    const find = new Find(lines);
    const number = () => {
      lines.number(model.get("first"), model.get("marks"));
      lines.place();
    };
    const read = () => {
      if (stopped) return;
      lines.read();
      find.look(area.selectionStart, false);
      number();
    };
    const place = make("span");
    const file = () => {
      const { path, note } = model.get("file");
      place.replaceChildren(path ? opener(path, note) : make("span", { class: "ak-hint" }, note ?? ""));
    };
    el.replaceChildren(find.view, place);
    area.addEventListener("input", read);
    area.addEventListener("scroll", () => lines.place());
    area.addEventListener("keydown", (event) => {
      if (!isFind(event)) return;
      event.preventDefault();
      event.stopPropagation();
      find.open();
    });
    listen(model, "change:first", number);
    listen(model, "change:marks", number);
    listen(model, "change:file", file);
    listen(model, "msg:custom", (message) => message.line && requestAnimationFrame(() => lines.go(message.line)));
    const sizes = new ResizeObserver(() => lines.place());
    sizes.observe(area);
    ends.push(() => sizes.disconnect(), () => lines.view.remove(), () => lines.said.remove());
    model.widget_manager.get_model(model.get("area").replace("IPY_MODEL_", "")).then((typed) => {
      // After the textarea itself has taken the text over; that sends the cursor to the end.
      const later = () => {
        if (typed.get("value") === lines.texts.join("\n")) return;
        const scrolled = area.scrollTop;
        requestAnimationFrame(() => {
          const changed = lines.changed();
          read();
          area.scrollTop = scrolled;
          if (document.activeElement !== area) return;
          area.setSelectionRange(changed, changed);
          lines.reveal(area.value.slice(0, changed).split("\n").length - 1);
        });
      };
      typed.on("change:value", later);
      ends.push(() => typed.off("change:value", later));
    });
    read();
    file();
  };
  // The element joins the page only after render has returned.
  requestAnimationFrame(start);
  return () => {
    stopped = true;
    for (const end of ends) end();
  };
}

export default { render };
