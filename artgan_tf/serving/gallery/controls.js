// The form: classes by name, seeds, how many; nothing is asked for with input that makes no sense.

import { byId, complain, element } from "./elements.js";
import { parseSeeds, random, run } from "./seeds.js";
import { MOST_PICTURES } from "./state.js";

const MANY_CLASSES = 30; // from here on a class is easier typed than found

export class Controls {
  /** @param painted is called with { labels, seeds, count }. */
  constructor(model, painted) {
    this.painted = painted;
    this.boxes = model.names.map((name, label) => this.chip(name, label));
    byId("filter").hidden = model.names.length < MANY_CLASSES;
    byId("filter").addEventListener("input", () => this.filter());
    byId("all").addEventListener("click", () => this.check(true));
    byId("none").addEventListener("click", () => this.check(false));
    byId("random").addEventListener("click", () => this.reseed());
    byId("controls").addEventListener("submit", (event) => {
      event.preventDefault();
      this.submit();
    });
  }

  chip(name, label) {
    const box = element("input", { type: "checkbox", name: "class", value: label });
    byId("classes").append(element("label", { className: "chip" }, box, element("span", {}, name)));
    return box;
  }

  show({ labels, seeds, count }) {
    for (const [label, box] of this.boxes.entries()) box.checked = labels.includes(label);
    byId("seeds").value = seeds.join(", ");
    byId("count").value = count;
    this.faults();
  }

  /** Classes that do not match are out of sight; `All` and `None` mean those in sight. */
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
    byId("seeds").value = random();
    this.submit();
  }

  submit() {
    const labels = this.boxes.flatMap((box, label) => (box.checked ? [label] : []));
    const count = Number(byId("count").value);
    if (this.faults(labels, count)) return;
    this.painted({ labels, seeds: parseSeeds(byId("seeds").value), count });
  }

  /** Whether anything is wrong; it is said in place, and the first wrong input gets the focus. */
  faults(labels = [0], count = 1) {
    const place = byId("controls-error");
    for (const id of ["seeds", "count"]) complain(byId(id), place, "");
    if (!(Number.isInteger(count) && count >= 1 && count <= MOST_PICTURES)) {
      return refuse(byId("count"), `Ask for 1 to ${MOST_PICTURES} pictures a class.`);
    }
    try {
      run(parseSeeds(byId("seeds").value), count);
    } catch (error) {
      return refuse(byId("seeds"), error.message);
    }
    if (!labels.length) place.textContent = "Choose at least one class.";
    return !labels.length;
  }
}

function refuse(input, problem) {
  complain(input, byId("controls-error"), problem);
  input.focus();
  return true;
}
