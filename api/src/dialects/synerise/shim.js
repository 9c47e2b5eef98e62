// Tidemark's `SR`: what pages call of Synerise's script, sent to Tidemark. docs/synerise.md says how it is used.
// What is served is shim.min.js: `npm run script` in tests/audit makes it of this.
((w, d) => {
  const nav = navigator, endpoint = new URL("v4/events/custom", d.currentScript.src);
  const tell = (...words) => console.warn("tidemark:", ...words);
  const random = () => [...crypto.getRandomValues(new Uint8Array(16))].map((byte) => (byte + 256).toString(16).slice(1)).join("");
  let settings, visited;

  // Whoever does not want to be followed is not, unless the page says otherwise; nor are machines that only look for words.
  const silent = () => /Googlebot/i.test(nav.userAgent) ||
    (settings.signals !== false && (nav.globalPrivacyControl || nav.doNotTrack === "1"));

  // By the cookie that Synerise's script left, a client is known again; a new one is only set where the page asks for it.
  const uuid = () => {
    const known = (d.cookie.match(/(?:^|; )_snrs_uuid=([^;]+)/) || [])[1];
    if (known || !settings.cookie) return known && decodeURIComponent(known);
    const made = random().replace(/^(.{8})(.{4}).(.{3})(.{4})(.{12})$/, (all, a, b, c, e, f) => [a, b, "4" + c, "a" + e.slice(1), f].join("-"));
    const { domain } = settings;
    d.cookie = "_snrs_uuid=" + made + ";path=/;max-age=31536000;samesite=lax" + (domain ? ";domain=" + domain : "") + (location.protocol === "https:" ? ";secure" : "");
    return made;
  };

  // Sent again with the same salt and time, it takes its own place.
  const send = async (action, params, label) => {
    if (!settings) return tell("SR.init({ trackerKey }) comes first; this is not sent:", action);
    if (silent()) return;
    const client = uuid();
    const body = JSON.stringify({
      action, label, time: new Date().toISOString(), eventSalt: random(), client: client ? { uuid: client } : undefined,
      params: { source: /Mobi/.test(nav.userAgent) ? "WEB_MOBILE" : "WEB_DESKTOP", url: location.href, title: d.title, referrer: d.referrer || undefined, ...params },
    });
    for (let wait = 1e3; ; wait *= 2) {
      let told;
      try {
        const answer = await fetch(endpoint, { method: "POST", headers: { "content-type": "application/json" }, body, keepalive: body.length < 3e4, credentials: "omit" });
        if (answer.ok) return;
        told = answer.status + " " + await answer.text();
        if (answer.status < 500 && answer.status !== 429 && answer.status !== 408) wait = 1 / 0;
      } catch (error) {
        told = error;
      }
      if (wait > 6e4) return tell("an event could not be sent and is given up:", action, told);
      await new Promise((done) => setTimeout(done, wait));
    }
  };

  const event = {
    trackCustomEvent: (action, params, label) => send(action, params, label || action),
    // Where our own script tells of page views, as this came late, they are not told of twice.
    pageVisit: async (params) => {
      visited = location.href;
      if (!w.tidemark?.views) await send("page.visit", params, "Visited page " + (d.title || location.pathname));
    },
  };
  // A page that says by itself when it is visited is not said to be once more.
  const load = () => setTimeout(() => { if (visited !== location.href) event.pageVisit() });
  const init = async (options) => {
    if (!options?.trackerKey) return tell("SR.init needs a trackerKey, a key that may log");
    settings = options;
    endpoint.searchParams.set("token", options.trackerKey);
    if (options.customPageVisit) return;
    if (d.prerendering) d.addEventListener("prerenderingchange", load, { once: true });
    else if (d.readyState === "loading") d.addEventListener("DOMContentLoaded", load);
    else load();
  };
  w.SR = { init, event };
})(window, document);
