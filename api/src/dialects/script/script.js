// Tidemark's script for pages: logs what happens on them. docs/script.md says how it is used.
// What is served is script.min.js: `npm run script` in tests/audit makes it of this.
((w, d) => {
  const own = d.currentScript, set = own.dataset, nav = navigator;
  const key = set.key;
  const endpoint = set.endpoint || own.src.replace(/\.js([?#].*)?$/, "");
  const among = (list, what) => (list || "").split(" ").includes(what);
  const does = (what) => !among(set.without, what);
  const ask = (what) => among(set.with, what);
  const tell = (...words) => console.warn("tidemark:", ...words);

  // Whoever does not want to be followed is not, unless the page says otherwise.
  const silent = !key || (does("signals") && (nav.globalPrivacyControl || nav.doNotTrack === "1"));
  if (!key) tell("the script needs data-key, a key that may log");

  const MINUTE = 6e4, BATCH = 50, MOST = 1000;
  const parsed = (text, other) => { try { return JSON.parse(text) || other } catch { return other } };
  // Storage may be forbidden, or full; then what it would hold is held by the page alone.
  const read = (box, name) => { try { return w[box].getItem(name) } catch {} };
  const write = (box, name, value) => {
    try { value ? w[box].setItem(name, value) : w[box].removeItem(name); return true } catch {}
  };
  const random = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => (byte + 256).toString(16).slice(1)).join("");

  // A visit of this tab: its id, when something last happened in it, who is named, and whether it is over.
  const NAME = "tidemark-" + (key || "").slice(0, 15);
  let visit = parsed(read("sessionStorage", NAME), {});
  const keep = () => write("sessionStorage", NAME, JSON.stringify(visit));

  // One cookie of this site's own, if the page asks for it: by it a device is known again.
  let device;
  if (ask("cookie") && !silent) {
    device = (d.cookie.match(/(?:^|; )tidemark=(\w+)/) || [])[1] || random();
    d.cookie = "tidemark=" + device + ";path=/;max-age=31536000;samesite=lax" + (location.protocol === "https:" ? ";secure" : "");
  }

  // What is to be sent waits in an item of its own until an answer says that it was taken or refused for good; the names
  // of the items are in the order in which they came. Whichever page is there sends what waits, also what another one left:
  // to send it twice logs it once. So no tab writes over what another has kept.
  const BOX = NAME + "-", held = {}, fresh = new Set();
  let timer, pause = 0, busy = 0, number = 1e6, most = BATCH;
  const waiting = () => {
    let names = Object.keys(held);
    try { names = names.concat(Object.keys(w.localStorage)) } catch {}
    return names.filter((name) => name.startsWith(BOX)).sort();
  };
  const drop = (name) => { delete held[name]; write("localStorage", name) };
  const bound = () => {
    const oldest = waiting().slice(0, -MOST);
    if (oldest.length) tell(oldest.length, "events could not be sent and are given up");
    oldest.forEach(drop);
  };
  const later = (wait) => { timer = timer || setTimeout(flush, wait) };
  const body = (names) => JSON.stringify({
    key, sent: new Date().toISOString(), messages: names.map((name) => parsed(held[name] || read("localStorage", name))).filter(Boolean),
  });
  const push = (message) => {
    if (silent) return;
    const name = BOX + Date.now() + number++ + random(), text = JSON.stringify(message);
    if (!write("localStorage", name, text)) held[name] = text;
    fresh.add(name);
    if (pause) bound();
    later(pause || (fresh.size < BATCH ? 500 : 0));
  };
  // Later and later, up to five minutes; and no sooner than the server says, in seconds or by a date, up to a day: a timer
  // that is set much further ahead goes off at once.
  const fail = (after) => {
    const wait = after > 0 ? after * 1e3 : new Date(after) - Date.now() || 0;
    pause = Math.max(Math.min(pause * 2 || 1e3, 5 * MINUTE), Math.min(wait, 1440 * MINUTE));
    bound();
    clearTimeout(timer);
    timer = 0;
    later(pause);
  };
  // A page that is hidden may never be seen again, and does not wait for its turn; of what it sends it hears all the same.
  async function flush(hidden) {
    if (!hidden) timer = 0;
    if (busy && !hidden) return later(100);
    const names = (hidden ? [...fresh] : waiting()).slice(0, most);
    if (!names.length) return;
    const text = body(names);
    // Browsers hold no more for a page that is gone, 64 KB; what they do hold needs no other way on leaving.
    const keepalive = text.length < 2e4, done = () => names.forEach((name) => fresh.delete(name));
    if (keepalive) done();
    busy++;
    try {
      // One that hangs is given up, so that the others have their turn.
      const answer = await fetch(endpoint, { method: "POST", body: text, keepalive, credentials: "omit", signal: AbortSignal.timeout?.(MINUTE) });
      const { status } = answer;
      // What is too large together may be taken in parts; what is too large by itself never is.
      if (status === 413 && names.length > 1) most = names.length >> 1;
      else if (status === 429 || status === 408 || status >= 500) fail(answer.headers.get("retry-after"));
      else {
        pause = 0;
        most = Math.min(most * 2, BATCH);
        names.forEach(drop);
        if (status >= 300) tell(await answer.text());
      }
    } catch {
      fail();
    }
    done();
    busy--;
    if (waiting().length) later(0);
  }
  // On leaving, when nobody hears an answer any more: it is sent, and waits all the same.
  const leave = () => {
    const names = [...fresh];
    fresh.clear();
    try { while (names.length && nav.onLine && nav.sendBeacon(endpoint, body(names.splice(0, most)))); } catch {}
  };

  let page = "", referrer = d.referrer;
  const event = (action, options, time = Date.now()) => push({
    id: random(), action, time: new Date(time).toISOString(), url: page || location.href, referrer: referrer || undefined,
    session: visit.id, actor: visit.actor, device, ...options,
  });
  // A visit ends with half an hour in which nothing happens, or when its tab leaves.
  const end = (time) => { if (visit.id && !visit.over) event("session.end", {}, time); visit.over = 1; keep() };
  const alive = () => {
    if (silent || !does("sessions")) return;
    const now = Date.now();
    if (visit.id && !visit.over && now - visit.at > 30 * MINUTE) end(visit.at);
    const begins = !visit.id || visit.over;
    if (begins) visit = { id: random(), actor: visit.actor };
    visit.at = now;
    keep();
    if (begins) event("session.start");
  };
  const log = (action, options) => { alive(); event(action, options) };

  // Where the page was shared from is told once, and then taken out of the address, so that it is not passed on.
  const opened = () => {
    const url = new URL(location.href), share = url.searchParams.get("tm_share");
    if (!share) return;
    url.searchParams.delete("tm_share");
    history.replaceState(history.state, "", url);
    const [network, id] = share.split(".");
    log("sharelink.click", { url: url.href, tag: { network, share: id } });
  };
  const view = (options) => {
    const { href } = location, from = page;
    if (from) referrer = from;
    page = "";
    opened();
    page = location.href;
    if (from !== page || from === "" || options) log("pageview", options);
    buttons();
  };
  // Single pages change their address without leaving.
  const moved = () => { if (location.href.split("#")[0] !== page.split("#")[0] || (ask("hash") && location.href !== page)) view() };

  // Buttons that share: their links carry who was asked to come, and by what.
  const shared = new WeakMap();
  const buttons = () => d.querySelectorAll("[data-tm-share]").forEach((button) => {
    if (shared.has(button)) return;
    const { tmShare: network, tmGroup: group, tmUrl } = button.dataset, share = random().slice(0, 12);
    const url = new URL(tmUrl || location.href, location.href), plain = url.href;
    url.searchParams.set("tm_share", network + "." + share);
    const href = button.getAttribute("href"), place = href?.includes("{url}") ? "{url}" : encodeURIComponent(plain);
    if (href) button.href = href.replace(place, encodeURIComponent(url));
    button.dataset.tmLink = url;
    // Of the page that it shares, also where it says so in a few words or the page has moved on.
    const options = { url: plain, tag: { network, group, share } };
    shared.set(button, options);
    log("button.load", options);
  });

  // Whether the next page is one of ours: then the visit goes on.
  let staying = 0;
  const stays = (url) => { if (new URL(url, location.href).origin === location.origin) staying = Date.now() };
  const FILES = /\.(pdf|zip|gz|tgz|7z|rar|dmg|pkg|exe|msi|deb|rpm|apk|iso|docx?|xlsx?|pptx?|od[tsp]|csv|txt|rtf|epub|mp3|wav|mp4|mov|avi|mkv|webm)$/i;
  const clicked = (click) => {
    const near = (what) => click.target.closest?.(what);
    const button = near("[data-tm-share]"), named = near("[data-tm-event]"), link = near("a[href]");
    if (button) { buttons(); log("button.click", shared.get(button)) }
    if (named) { const data = named.dataset; log(data.tmEvent, { label: data.tmLabel, tag: parsed(data.tmTag) }) }
    if (!link || button || !/^https?:$/.test(link.protocol)) return;
    stays(link.href);
    const options = { label: link.textContent.trim().slice(0, 200) || undefined, tag: { link: link.href } };
    if (does("files") && (link.hasAttribute("download") || FILES.test(link.pathname))) log("file.click", options);
    else if (does("outbound") && link.hostname !== location.hostname) log("outbound.click", options);
  };

  // Dwelling on what is marked, and what is written into fields that are marked.
  let over;
  const entered = ({ target }) => { if (target.dataset?.tmHover) over = [target, Date.now()] };
  const left = ({ target }) => {
    if (!over || over[0] !== target) return;
    const dwell = (Date.now() - over[1]) / 1e3;
    over = 0;
    if (dwell >= 0.5) log("hover", { label: target.dataset.tmHover, tag: { dwell } });
  };
  const changed = ({ target }) => {
    const name = target.dataset?.tmField;
    if (name && target.type !== "password") log("field.change", { label: name, tag: { field_value: String(/^(checkbox|radio)$/.test(target.type) ? target.checked : target.value) } });
  };

  const api = log;
  api.page = (options) => view(options || {});
  api.flush = () => flush();
  // Says who it is, and what is known of them; nothing forgets it.
  api.identify = (id, traits) => {
    if (silent) return;
    visit.actor = id || undefined;
    alive();
    keep();
    if (id) push({ identify: id, traits, session: visit.id, device, time: new Date().toISOString() });
  };
  const early = w.tidemark?.q || [];
  w.tidemark = api;
  // Nor is anything kept that waited from before they said so.
  if (silent) return waiting().forEach(drop);

  const begin = () => {
    // A page on which Synerise's `SR` tells of visits is not told of twice, also where it is still on its way.
    const views = api.views = does("pageview") && !w.SR && !d.querySelector("script[src$='.js?sr']");
    if (views) view(); else page = location.href;
    for (const call of early) api(...call);
    later(500);
    const on = (where, what, how) => where?.addEventListener(what, how, true);
    if (views) {
      const push = history.pushState;
      history.pushState = function (...all) { push.apply(this, all); moved() };
      on(w, "popstate", moved);
      on(w, "hashchange", moved);
    }
    on(d, "click", clicked);
    on(d, "auxclick", clicked);
    on(d, "mouseenter", entered);
    on(d, "mouseleave", left);
    on(d, "change", changed);
    on(d, "submit", ({ target }) => stays(target.action));
    on(w.navigation, "navigate", ({ destination, downloadRequest }) => { if (downloadRequest == null) stays(destination.url) });
    on(w, "online", () => { pause = 0; flush() });
    on(d, "visibilitychange", () => { if (d.visibilityState === "hidden") flush(1) });
    on(w, "pagehide", () => { if (does("sessions") && Date.now() - staying > 5e3) end(); leave() });
    on(w, "pageshow", ({ persisted }) => { if (persisted && views) { page = ""; view() } });
    new MutationObserver(buttons).observe(d, { childList: true, subtree: true });
  };
  if (d.prerendering) d.addEventListener("prerenderingchange", begin, { once: true });
  else if (d.readyState === "loading" && !own.defer) d.addEventListener("DOMContentLoaded", begin);
  else begin();
})(window, document);
