// Sends what its library sends from a page: `node relay.js URL TOKEN`. Says what the library was told of each call. It sends
// from pages alone, so that this pretends to be one, as far as it looks.
const [url, token] = process.argv.slice(2);
const kept = new Map([["kept", "1"]]);
const define = (name, value) => Object.defineProperty(globalThis, name, { value, configurable: true });
define("window", { location: new URL("https://shop.example.com/boats"), postMessage() {}, addEventListener() {} });
define("document", { cookie: "", referrer: "" });
define("navigator", { userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" });
define("localStorage", {
  length: 1,
  getItem: (key) => kept.get(key) ?? null,
  setItem: (key, value) => void kept.set(key, value),
  removeItem: (key) => void kept.delete(key),
});
const { createRelay } = await import("@coveo/relay");
const relay = createRelay({ url: `${url}/rest/organizations/acme/events/v1`, token, trackingId: "shop", source: ["app@1"] });
const told = [];
const settle = async (name, promise) => {
  try {
    await promise;
    told.push(name);
  } catch (error) {
    told.push(`${name}: ${error.message}`);
  }
};
const item = { uniqueFieldName: "permanentid", uniqueFieldValue: "1", title: "Boats", author: "ada", url: "https://docs.example.com/boats" };
await settle("itemClick", relay.emit("itemClick", { responseId: "7bfc652a-9dea-4811-b3f9-6d24345c37ce", position: 2, itemMetadata: item }));
await settle("ec.productView", relay.emit("ec.productView", { currency: "EUR", product: { productId: "XY-1", name: "Boat", price: 540 } }));
await settle("bad", relay.emit("itemClick", { position: 0 }));
console.log(JSON.stringify(told));
