// The controls: a menu to pick one kind or all, and a form for every other choice.

import { byId, complain, element } from "./elements.js";
import { parseSeeds, random, run } from "./seeds.js";
import { MOST_PICTURES, usual } from "./state.js";

const MANY_CLASSES = 30; // with more classes than this, typing a name is easier than finding it
const SOME = "some"; // several kinds, which only the form can choose

export class Controls {
  /** @param painted called with the chosen { labels, seeds, count }. */
  constructor(model, painted) {
    Object.assign(this, { model, painted });
    this.boxes = model.kinds.map((name, label) => this.chip(name, label));
    this.kind = this.kinds(model.kinds);
    byId("filter").hidden = model.names.length < MANY_CLASSES;
    byId("filter").addEventListener("input", () => this.filter());
    byId("all").addEventListener("click", () => this.check(true));
    byId("none").addEventListener("click", () => this.check(false));
    byId("random").addEventListener("click", () => this.reseed());
    byId("choose").addEventListener("click", () => this.unfold());
    byId("controls").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
  }

  unfold() {
    const form = byId("controls");
    form.hidden = !form.hidden;
    byId("choose").setAttribute("aria-expanded", String(!form.hidden));
  }

  chip(name, label) {
    const box = element("input", { type: "checkbox", name: "class", value: label });
    byId("classes").append(element("label", { className: "chip" }, box, element("span", {}, name)));
    return box;
  }

  kinds(names) {
    const select = byId("kind");
    select.hidden = names.length < 2;
    const some = element("option", { value: SOME, hidden: true }, "Some kinds");
    const options = names.map((name, label) => element("option", { value: label }, name));
    select.append(element("option", { value: "" }, `All ${names.length} kinds`), some, ...options);
    select.addEventListener("change", () => this.choose(select.value));
    return select;
  }

  /** Choose one kind or all of them, starting at the first number that is shown. */
  choose(value) {
    const all = [...this.boxes.keys()];
    const labels = { "": all, [SOME]: this.view.labels }[value] ?? [Number(value)];
    const [seed] = this.view.seeds;
    this.painted({ labels, seeds: [seed], count: usual(labels.length) });
  }

  show(view) {
    const same = JSON.stringify(grid(view)) === JSON.stringify(this.view && grid(this.view));
    this.view = view;
    if (same) return; // keep what the visitor has entered but not submitted yet
    const { labels, seeds, count } = view;
    for (const [label, box] of this.boxes.entries()) box.checked = labels.includes(label);
    const all = labels.length === this.boxes.length;
    this.kind.value = all ? "" : labels.length === 1 ? labels[0] : SOME;
    byId("seeds").value = seeds.join(", ");
    byId("count").value = count;
    this.faults(labels, count);
  }

  /** Hide classes that do not match; `All` and `None` affect only the visible ones. */
  filter() {
    const text = byId("filter").value.toLowerCase();
    for (const box of this.boxes) {
      box.parentElement.hidden = !box.parentElement.textContent.toLowerCase().includes(text);
    }
  }

  check(checked) {
    for (const box of this.boxes) if (!box.parentElement.hidden) box.checked = checked;
  }

  reseed() {
    this.painted({ ...grid(this.view), seeds: [random()] });
  }

  submit() {
    const labels = this.boxes.flatMap((box, label) => (box.checked ? [label] : []));
    const count = Number(byId("count").value);
    if (this.faults(labels, count)) return;
    this.painted({ labels, seeds: parseSeeds(byId("seeds").value), count });
  }

  /** Return whether an input is invalid; show the problem and focus the first invalid field. */
  faults(labels = [0], count = 1) {
    const place = byId("controls-error");
    for (const id of ["seeds", "count"]) complain(byId(id), place, "");
    if (!(Number.isInteger(count) && count >= 1 && count <= MOST_PICTURES)) {
      return refuse(byId("count"), `Ask for 1 to ${MOST_PICTURES} pictures of each kind.`);
    }
    try {
      run(parseSeeds(byId("seeds").value), count);
    } catch (error) {
      return refuse(byId("seeds"), error.message);
    }
    if (!labels.length) place.textContent = "Choose at least one kind.";
    return !labels.length;
  }
}

function grid({ labels, seeds, count }) {
  return { labels, seeds, count };
}

function refuse(input, problem) {
  complain(input, byId("controls-error"), problem);
  input.focus();
  return true;
}
