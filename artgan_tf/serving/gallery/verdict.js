// D's verdict on a picture, how far to trust it, and the autoencoder's reconstruction.

import { paint, predict } from "./api.js";
import { element, picture } from "./elements.js";

/**
 * Ask for a verdict and return its elements.
 *
 * @param picture the picture's data URI and description, and whether it is already in sight.
 */
export async function judged(model, { source, words, inSight = false }, signal) {
  const rows = [{ image_bytes: { b64: source.split(",")[1] } }];
  const [[found], decoded] = await Promise.all([
    predict(model.name, "classify", rows, signal),
    model.has("reconstruct") ? paint(model.name, "reconstruct", rows, signal) : [],
  ]);
  const pictures = inSight ? [] : [figure(words, source, "What it was shown")];
  const alt = `${words}, reconstructed`;
  if (decoded.length) pictures.push(figure(alt, decoded[0], "What it kept of it (autoencoder)"));
  return [
    element("div", { className: "pair" }, ...pictures),
    scores(model, found, inSight ? 3 : 5),
    element("p", { className: "quiet trust" }, trust(model)),
  ];
}

/** Bars for the likeliest classes, then for how real D considers the picture. */
function scores(model, { label, scores: values, realness }, count) {
  const order = values.map((score, index) => [score, index]).sort((a, b) => b[0] - a[0]);
  const bars = order.slice(0, count).map(([score, index]) => bar(model.kinds[index], score));
  const sure = `, and is ${percent(values[label])}\u00a0% sure.`;
  const name = element("strong", {}, model.kinds[label]);
  return element(
    "div",
    { className: "scores" },
    element("p", {}, "It sees: ", name, sure),
    ...bars,
    bar("looks real", realness),
  );
}

/** A sentence on D's accuracy. */
function trust({ accuracy, kinds }) {
  if (!accuracy) return "How often it is right has not been measured: treat it as a guess.";
  const right = percent(accuracy.value);
  const chance = percent(1 / kinds.length);
  const shown = accuracy.count ? `${accuracy.count.toLocaleString("en")} real` : "real";
  return `How good is it at this? Of ${shown} pictures that it had never seen it named the kind of \
${right} in 100 rightly; guessing would get ${chance}.`;
}

function percent(share) {
  return Math.round(share * 100);
}

function figure(alt, source, caption) {
  return element("figure", {}, picture(alt, source), element("figcaption", {}, caption));
}

function bar(name, value) {
  const filled = element("span");
  filled.style.width = `${value * 100}%`;
  const range = { "aria-valuemin": 0, "aria-valuemax": 100, "aria-valuenow": percent(value) };
  const meter = element("div", { role: "meter", "aria-label": name, ...range }, filled);
  const figures = element("span", { className: "percent" }, `${percent(value)} %`);
  return element("div", { className: "score" }, element("span", {}, name), meter, figures);
}
