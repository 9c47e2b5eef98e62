// Sends what its library sends: `node segment.js URL KEY`. Says what the library was told of each call.
import { Analytics } from "@segment/analytics-node";

const [host, writeKey] = process.argv.slice(2);
const analytics = new Analytics({ host, writeKey, flushAt: 5, flushInterval: 100, maxRetries: 3 });
const told = [];
analytics.on("error", (error) => told.push(`error: ${error.code ?? error}`));
const done = (name) => (error) => told.push(error ? `${name}: ${error}` : name);

analytics.identify({ userId: "ada", anonymousId: "device 1", traits: { plan: "pro", address: { city: "London" } } }, done("identify"));
analytics.group({ userId: "ada", groupId: "engines", traits: { employees: 2 } }, done("group"));
analytics.page(
  { userId: "ada", name: "Home", category: "Docs", properties: { url: "https://www.example.com/home?x=1", referrer: "https://www.google.com/", title: "Home page" } },
  done("page"),
);
analytics.screen({ anonymousId: "device 1", name: "Main" }, done("screen"));
analytics.track(
  {
    userId: "ada",
    anonymousId: "device 1",
    event: "Signed Up",
    messageId: "signed-up-1",
    properties: { seats: 3, nested: { network: "press" } },
    context: { ip: "203.0.113.9", locale: "en-GB", userAgent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", campaign: { source: "newsletter" } },
    timestamp: new Date("2026-11-20T10:00:00Z"),
  },
  done("track"),
);
analytics.alias({ userId: "ada", previousId: "ada.lovelace" }, done("alias"));
for (let number = 0; number < 40; number += 1) {
  analytics.track({ userId: `user ${number % 8}`, event: "Counted", properties: { number } }, done("counted"));
}
await analytics.closeAndFlush({ timeout: 20_000 });
console.log(JSON.stringify(told));
