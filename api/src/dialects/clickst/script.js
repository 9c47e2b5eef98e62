(function (w, d) {
  "use strict";
  var key = "__KEY__";
  var own = d.currentScript && d.currentScript.src ? d.currentScript.src.split("?")[0].replace(/api\.js$/, "") : "/";
  function put(list, name, value) {
    if (value === undefined || value === null) return;
    if (typeof value === "object") value = JSON.stringify(value);
    list.push(encodeURIComponent(name) + "=" + encodeURIComponent(value));
  }
  function log(action, options) {
    options = options || {};
    var list = [];
    put(list, "key", key);
    put(list, "action", action);
    put(list, "url", options.url || w.location.href);
    put(list, "referrer", options.referrer === undefined ? d.referrer : options.referrer);
    put(list, "tag", options.tag);
    var body = list.join("&");
    var request = new XMLHttpRequest();
    request.open("POST", own + "rest/action.log");
    request.setRequestHeader("Content-Type", "application/x-www-form-urlencoded");
    request.send(body);
  }
  function button(options) {
    options = options || {};
    var element = typeof options.id === "string" ? d.getElementById(options.id) : options.id;
    var tag = { network: options.network, group: options.group };
    log("button.load", { url: options.url, tag: tag });
    if (element) {
      element.addEventListener("click", function () {
        log("button.click", { url: options.url, tag: tag });
      });
    }
    return element;
  }
  w.clickst = { log: log, button: button };
  log("pageview");
})(window, document);
