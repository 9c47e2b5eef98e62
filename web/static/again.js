// Where somebody works on the UI: once the server has another one, the page is loaded anew. Not in what people get.
let known;
const look = async () => {
  try {
    const page = await fetch("/", { cache: "no-store" });
    const now = page.ok ? page.headers.get("ETag") : null;
    if (now && known && now !== known) location.reload();
    known = now ?? known;
  } catch {
    // The server starts anew.
  }
};
look();
setInterval(look, 1000);
