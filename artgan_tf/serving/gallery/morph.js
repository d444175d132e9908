// Sliders from a picture towards another class and another seed, and the `mix` they stand for.

import { byId, complain, element } from "./elements.js";
import { parseSeed, random } from "./seeds.js";

export class Morph {
  /** @param moved is called with the morph whenever an input changes. */
  constructor(model, moved) {
    Object.assign(this, { model, moved });
    this.share = slider("share", "Towards a class");
    this.t = slider("t", "Towards a seed");
    this.truncation = slider("truncation", "Truncation");
    this.toLabel = this.classes();
    this.toSeed = element("input", { id: "to-seed", inputMode: "numeric", autocomplete: "off" });
    this.error = element("p", { id: "to-seed-error", className: "error", role: "alert" });
    this.build();
  }

  classes() {
    const option = (name, label) => element("option", { value: label }, name);
    const options = this.model.names.map(option);
    return element("select", { id: "to-label", "aria-label": "Which class" }, ...options);
  }

  build() {
    this.toSeed.setAttribute("aria-label", "Which seed");
    this.toSeed.setAttribute("aria-describedby", this.error.id);
    const other = element("button", { type: "button" }, "Random");
    other.addEventListener("click", () => this.reseed());
    const towards = element("span", { className: "beside" }, this.toSeed, other);
    const form = byId("morph");
    form.append(field(this.share, this.toLabel), field(this.t, towards), this.error);
    const hint = element("small", {}, "Less is more typical, and more alike.");
    form.append(field(this.truncation, hint));
    form.addEventListener("input", () => this.changed());
    form.addEventListener("submit", (event) => event.preventDefault());
    this.share.parentElement.hidden = this.model.names.length < 2;
  }

  reseed() {
    this.toSeed.value = random();
    this.changed();
  }

  show(morph) {
    for (const name of ["share", "t", "truncation"]) this[name].value = morph[name];
    this.toLabel.value = morph.toLabel;
    this.toSeed.value = morph.toSeed;
    complain(this.toSeed, this.error, "");
    this.tell();
  }

  changed() {
    this.tell();
    try {
      const toSeed = parseSeed(this.toSeed.value);
      complain(this.toSeed, this.error, "");
      this.moved({ ...this.numbers(), toLabel: Number(this.toLabel.value), toSeed });
    } catch (error) {
      complain(this.toSeed, this.error, error.message);
    }
  }

  numbers() {
    const names = ["share", "t", "truncation"];
    return Object.fromEntries(names.map((name) => [name, this[name].valueAsNumber]));
  }

  tell() {
    for (const [name, value] of Object.entries(this.numbers())) {
      byId(`${name}-percent`).textContent = `${value} %`;
      this[name].setAttribute("aria-valuetext", `${value} percent`);
    }
  }
}

/** The instance of `mix` that a morph stands for. */
export function mixed(model, { label, seed }, { toLabel, share, toSeed, t, truncation }) {
  const weights = model.oneHot(label, (100 - share) / 100);
  weights[toLabel] += share / 100;
  return { seed, seed_to: toSeed, t: t / 100, weights, truncation: truncation / 100 };
}

function slider(id, label) {
  const made = element("input", { type: "range", id, min: 0, max: 100, step: 1 });
  made.heading = label;
  return made;
}

function field(range, towards) {
  const label = element("label", { htmlFor: range.id }, range.heading);
  const percent = element("output", { id: `${range.id}-percent`, htmlFor: range.id });
  const line = element("span", { className: "line" }, label, percent);
  return element("div", { className: "field slider" }, line, range, towards);
}
