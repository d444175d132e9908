// The server to use: the page's own, or the one in `?server=http://host:8501&model=artgan`.

const asked = new URLSearchParams(location.search);

/** The model named in the page's address; empty for the server's only model. */
export const wanted = asked.get("model") ?? "";

/** The URL below which `v1/models` is found; null if `?server=` is not a valid URL. */
export const server = read(asked.get("server"));

if (server) allow(server.origin);

function read(text) {
  const base = (text ?? "") === "" ? "." : text;
  if (!URL.canParse(base, location.href)) return null;
  const url = new URL(base, location.href);
  url.search = url.hash = "";
  if (!url.pathname.endsWith("/")) url.pathname += "/";
  return /^https?:$/.test(url.protocol) ? url : null;
}

/** Make the browser refuse connections to any other server from now on. */
function allow(origin) {
  const policy = document.createElement("meta");
  policy.httpEquiv = "Content-Security-Policy";
  policy.content = `connect-src 'self' ${origin}`;
  document.head.append(policy);
}
