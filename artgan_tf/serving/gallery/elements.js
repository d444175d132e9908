// Small DOM helpers. Text is always set as text, never parsed as HTML.

export const byId = (id) => document.getElementById(id);

/** Create an element with properties or attributes, and children. */
export function element(tag, properties = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (name in made) made[name] = value;
    else made.setAttribute(name, value);
  }
  made.append(...children);
  return made;
}

/** Pictures up to this width are shown pixelated, larger ones smoothed. */
const FEW_PIXELS = 32;

/** Create an image, which appears once its `src` is set. */
export function picture(alt, src = "") {
  const image = element("img", { alt, decoding: "async" });
  image.addEventListener("load", () => {
    image.classList.toggle("pixels", image.naturalWidth <= FEW_PIXELS);
  });
  if (src) image.src = src;
  return image;
}

/** Show an input's problem ("" for none); return whether the input is valid. */
export function complain(input, place, problem) {
  place.textContent = problem;
  if (problem) input.setAttribute("aria-invalid", "true");
  else input.removeAttribute("aria-invalid");
  return !problem;
}

/** Return a function that aborts the previous operation and returns a signal for the new one. */
export function latest() {
  let running = new AbortController();
  return () => {
    running.abort();
    running = new AbortController();
    return running.signal;
  };
}

/** Debounce `action`: run it once calls have stopped for a while; `cancel` drops a pending run. */
export function debounced(action, milliseconds = 60) {
  let timer = 0;
  const soon = () => {
    clearTimeout(timer);
    timer = setTimeout(action, milliseconds);
  };
  soon.cancel = () => clearTimeout(timer);
  return soon;
}
