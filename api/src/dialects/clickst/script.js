(function (w, d) {
  "use strict";
  var key = "__KEY__";
  var own = d.currentScript && d.currentScript.src ? d.currentScript.src.split("?")[0].replace(/api\.js$/, "") : "/";
  function put(list, name, value) {
    if (value === undefined || value === null) return;
    if (typeof value === "object") value = JSON.stringify(value);
    list.push(encodeURIComponent(name) + "=" + encodeURIComponent(value));
  }
  function quiet() {}
  function log(action, options) {
    options = options || {};
    var list = [];
    put(list, "key", key);
    put(list, "action", action);
    put(list, "url", options.url || w.location.href);
    put(list, "referrer", options.referrer === undefined ? d.referrer : options.referrer);
    put(list, "tag", options.tag);
    var body = list.join("&");
    // What is pressed may lead away from the page; browsers send so many bytes all the same.
    w.fetch(own + "rest/action.log", {
      method: "POST",
      headers: { "Content-Type": "application/x-www-form-urlencoded" },
      credentials: "omit",
      keepalive: body.length < 8000,
      body: body,
    }).catch(quiet);
  }
  function share(element, url) {
    var n = w.navigator;
    if (n.share) n.share({ url: url }).catch(quiet);
    else if (n.clipboard)
      n.clipboard.writeText(url).then(function () {
        element.textContent = "Link copied";
      }, quiet);
  }
  // The page's own element, or a button of ours where the calling script stands.
  function place(options) {
    var element = options.element;
    if (typeof element === "string") element = d.getElementById(element);
    var here = d.currentScript;
    if (element || options.element || !here || !d.body || !d.body.contains(here)) return element;
    element = d.createElement("button");
    element.type = "button";
    element.className = "clickst-button";
    element.textContent = options.label || "Share";
    element.addEventListener("click", function () {
      share(element, options.url || w.location.href);
    });
    here.parentNode.insertBefore(element, here);
    return element;
  }
  function button(options) {
    options = options || {};
    var element = place(options);
    if (!element) {
      w.console.warn("clickst.button: call it in a script that stands where the button is to be, or say `element`.");
      return null;
    }
    var tag = { network: options.network, group: options.group };
    for (var name in options.tag || {}) tag[name] = options.tag[name];
    // Always a text: a name in tags has one type for ever.
    if (options.id !== undefined && options.id !== null) tag.item_id = String(options.id);
    log("button.load", { url: options.url, tag: tag });
    element.addEventListener("click", function () {
      log("button.click", { url: options.url, tag: tag });
    });
    return element;
  }
  w.clickst = { log: log, button: button };
  log("pageview");
})(window, document);
