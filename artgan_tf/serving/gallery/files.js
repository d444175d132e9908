// Converts files to what the server accepts, and enlarges pictures for download.

const MOST_BYTES = 4 * 2 ** 20;
const LONGEST_SIDE = 1024; // of pictures decoded here, in pixels; models use far fewer

const AS_THEY_ARE = ["image/png", "image/jpeg"]; // the server decodes these as training does

/**
 * Return a data URI of the file's own bytes, or of a PNG that the browser makes of it: the browser
 * reads formats that the server does not.
 */
export async function encoded(file) {
  const kept = AS_THEY_ARE.includes(file.type) && file.size <= MOST_BYTES;
  return asDataUri(kept ? file : await redrawn(file));
}

/** Return a data URI of a smaller copy, of at most a million pixels. */
export async function reduced(file) {
  return asDataUri(await redrawn(file));
}

async function redrawn(file) {
  const bitmap = await createImageBitmap(file).catch(() => {
    throw new Error(`${file.name} is no image that this browser can read.`);
  });
  const scale = Math.min(1, LONGEST_SIDE / Math.max(bitmap.width, bitmap.height));
  const canvas = document.createElement("canvas");
  canvas.width = Math.max(1, Math.round(bitmap.width * scale));
  canvas.height = Math.max(1, Math.round(bitmap.height * scale));
  const context = canvas.getContext("2d");
  context.imageSmoothingQuality = "high";
  context.drawImage(bitmap, 0, 0, canvas.width, canvas.height);
  return new Promise((done) => canvas.toBlob(done, "image/png"));
}

/** Enlarge a picture to at least 256 pixels by turning pixels into squares. */
export function enlarged(image) {
  const zoom = Math.ceil(256 / image.naturalHeight);
  const canvas = document.createElement("canvas");
  canvas.width = zoom * image.naturalWidth;
  canvas.height = zoom * image.naturalHeight;
  const context = canvas.getContext("2d");
  context.imageSmoothingEnabled = false;
  context.drawImage(image, 0, 0, canvas.width, canvas.height);
  return canvas.toDataURL();
}

function asDataUri(blob) {
  return new Promise((done, failed) => {
    const reader = new FileReader();
    reader.onload = () => done(reader.result);
    reader.onerror = () => failed(new Error("The file could not be read."));
    reader.readAsDataURL(blob);
  });
}
