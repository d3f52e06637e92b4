// What ipywidgets cannot set on its own elements: names and roles for screen readers, and keys that stay in the form.
// It holds no state and draws nothing; the form works without it.

function mark(root) {
  // JupyterLab looks for this on the way up from the element that has the focus.
  root.setAttribute("data-lm-suppress-shortcuts", "true");
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
  for (const area of root.querySelectorAll("textarea")) area.setAttribute("spellcheck", "true");
}

function render({ model, el }) {
  el.style.display = "none";
  let observer;
  const start = () => {
    const root = el.closest(".ak-form");
    if (!root) return;
    root.setAttribute("aria-label", model.get("label"));
    mark(root);
    observer = new MutationObserver(() => mark(root));
    observer.observe(root, { childList: true, subtree: true });
    root.addEventListener("keydown", (event) => {
      if (!(event.ctrlKey || event.metaKey) || event.altKey) return;
      const key = event.key.toLowerCase();
      if (key === "s") {
        event.preventDefault();
        event.stopPropagation();
        // Typed text leaves the field before the form is saved.
        model.send({ key: "save" });
      }
    });
  };
  // The element joins the page only after render has returned.
  requestAnimationFrame(start);
  return () => observer && observer.disconnect();
}

export default { render };
