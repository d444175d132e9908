// Sliders from a picture towards another class and another seed, and the input of `mix` for them.

import { byId, complain, element } from "./elements.js";
import { parseSeed, random } from "./seeds.js";

const SLIDERS = ["share", "t", "truncation"];

export class Morph {
  /** @param moved called with the morph whenever an input changes. */
  constructor(model, moved) {
    this.moved = moved;
    this.toLabel = byId("to-label");
    this.toSeed = byId("to-seed");
    const option = (name, label) => element("option", { value: label }, name);
    this.toLabel.append(...model.kinds.map(option));
    const form = byId("morph");
    form.hidden = !model.has("mix");
    byId("share-field").hidden = model.names.length < 2;
    byId("to-random").addEventListener("click", () => this.reseed());
    form.addEventListener("input", () => this.changed());
    form.addEventListener("submit", (event) => event.preventDefault());
  }

  reseed() {
    this.toSeed.value = random();
    this.changed();
  }

  show(morph) {
    for (const name of SLIDERS) byId(name).value = morph[name];
    this.toLabel.value = morph.toLabel;
    const typed = this.toSeed.value.trim(); // text: Number("") is 0, and "07" may stay
    if (typed === "" || Number(typed) !== morph.toSeed) this.toSeed.value = morph.toSeed;
    complain(this.toSeed, byId("to-seed-error"), "");
    this.tell();
  }

  changed() {
    this.tell();
    try {
      const toSeed = parseSeed(this.toSeed.value);
      this.moved({ ...this.numbers(), toLabel: Number(this.toLabel.value), toSeed });
    } catch (error) {
      complain(this.toSeed, byId("to-seed-error"), error.message);
    }
  }

  numbers() {
    return Object.fromEntries(SLIDERS.map((name) => [name, byId(name).valueAsNumber]));
  }

  tell() {
    for (const [name, value] of Object.entries(this.numbers())) {
      byId(`${name}-percent`).textContent = `${value} %`;
      byId(name).setAttribute("aria-valuetext", `${value} percent`);
    }
  }
}

/** The instance to send to `mix` for a morph. */
export function mixed(model, { label, seed }, { toLabel, share, toSeed, t, truncation }) {
  const weights = model.oneHot(label, (100 - share) / 100);
  weights[toLabel] += share / 100;
  return { seed, seed_to: toSeed, t: t / 100, weights, truncation: truncation / 100 };
}
