"use strict";
// The page is whole without this: it adds a search, filters and keys.
const checks = [...document.querySelectorAll("details.check")];
const form = document.querySelector("form.filter");

// Opens what a link leads to, and what lies around it.
const reveal = () => {
  let name = location.hash.slice(1);
  try { name = decodeURIComponent(name); } catch { return; }
  const found = name && document.getElementById(name);
  if (!found) return;
  found.hidden = false;
  for (let at = found; at; at = at.parentElement) if (at.tagName === "DETAILS") at.open = true;
};
addEventListener("hashchange", reveal);
reveal();

if (form) {
  const search = form.querySelector("input[type=search]");
  const boxes = [...form.querySelectorAll("input[name=status]")];
  const told = form.querySelector("output");
  const groups = [...document.querySelectorAll(".subject"), ...document.querySelectorAll(".suite")];
  const texts = new Map();
  const text = check => {
    if (!texts.has(check)) {
      // The evidence of what failed stands at the top alone.
      const link = check.querySelector(".id a");
      const card = link && document.getElementById(decodeURIComponent(link.hash.slice(1)));
      texts.set(check, `${check.textContent} ${card ? card.textContent : ""}`.toLowerCase());
    }
    return texts.get(check);
  };
  const shown = () => checks.filter(check => !check.hidden);
  const filter = () => {
    const words = search.value.toLowerCase().split(/\s+/).filter(word => word);
    const wanted = new Set(boxes.filter(box => box.checked).map(box => box.value));
    for (const check of checks) {
      check.hidden = !wanted.has(check.dataset.status) || !words.every(word => text(check).includes(word));
    }
    for (const group of groups) group.hidden = !group.querySelector("details.check:not([hidden])");
    told.value = `${shown().length} of ${checks.length} checks shown`;
  };
  let waiting = 0;
  search.addEventListener("input", () => {
    clearTimeout(waiting);
    waiting = setTimeout(filter, 120);
  });
  search.addEventListener("keydown", event => {
    if (event.key === "Escape" && search.value) {
      event.preventDefault();
      search.value = "";
      filter();
    }
  });
  for (const box of boxes) box.addEventListener("change", filter);
  form.addEventListener("submit", event => {
    event.preventDefault();
    clearTimeout(waiting);
    filter();
    const first = shown()[0];
    if (!first) return;
    first.open = true;
    first.querySelector("summary").focus();
  });
  for (const button of form.querySelectorAll("button[data-all]")) {
    button.addEventListener("click", () => {
      for (const check of shown()) check.open = button.dataset.all === "open";
    });
  }
  // Up and down, Home and End lead from one check to the next, as in any list.
  document.addEventListener("keydown", event => {
    const at = document.activeElement.closest("details.check > summary");
    if (!at || event.ctrlKey || event.altKey || event.metaKey || event.shiftKey) return;
    const all = shown();
    const place = all.indexOf(at.parentElement);
    const to = { ArrowDown: place + 1, ArrowUp: place - 1, Home: 0, End: all.length - 1 }[event.key];
    if (to === undefined || !all[to]) return;
    event.preventDefault();
    all[to].querySelector("summary").focus();
  });
  form.hidden = false;
  filter();
}

// What is folded is printed too.
let folded = [];
addEventListener("beforeprint", () => {
  folded = [...document.querySelectorAll("details:not([open])")];
  for (const one of folded) one.open = true;
});
addEventListener("afterprint", () => { for (const one of folded) one.open = false; });
