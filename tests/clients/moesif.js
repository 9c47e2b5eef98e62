// Sends what its library sends: `node moesif.js URL KEY`. Says what the library was told of each call.
import http from "node:http";
import { createRequire } from "node:module";

const [url, applicationId] = process.argv.slice(2);
const moesif = createRequire(import.meta.url)("moesif-nodejs");
const told = [];
let flushed;
const sent = new Promise((resolve) => (flushed = resolve));
const middleware = moesif({
  applicationId,
  baseUri: url,
  batchMaxTime: 600,
  identifyUser: () => "ada",
  identifyCompany: () => "engines",
  getMetadata: () => ({ datacenter: "west" }),
  callback: (error, events) => {
    told.push(error ? `events: ${JSON.stringify(error)}` : "events");
    flushed(events);
  },
});
const settle = async (name, promise) => {
  try {
    await promise;
    told.push(name);
  } catch (error) {
    told.push(`${name}: ${JSON.stringify(error)}`);
  }
};
const transactionId = "5f0b7a7e-9a3b-4c51-8a24-0f6c1f7f0001";
const action = (name, more) => ({
  actionName: name,
  userId: "ada",
  companyId: "engines",
  transactionId,
  request: { uri: "https://acme.example/pricing", time: new Date(), ipAddress: "203.0.113.9", userAgentString: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0" },
  metadata: { button_label: "Get Started", sign_up_method: "Google SSO" },
  ...more,
});
await settle("user", middleware.updateUser({ userId: "ada", companyId: "engines", metadata: { plan: "pro", address: { city: "London" } }, campaign: { utmSource: "mail" } }));
await settle("users", middleware.updateUsersBatch([{ userId: "bob", metadata: { plan: "free" } }, { userId: "carl", metadata: { plan: "free" } }]));
await settle("company", middleware.updateCompany({ companyId: "engines", companyDomain: "engines.example", metadata: { employees: 2 } }));
await settle("companies", middleware.updateCompaniesBatch([{ companyId: "acme", metadata: { employees: 7 } }]));
await settle("subscription", middleware.updateSubscription({ subscriptionId: "s1", companyId: "engines", status: "active" }));
await settle("action", middleware.sendAction(action("Clicked Sign Up")));
await settle("actions", middleware.sendActionsBatch([action("Clicked Sign Up"), action("Viewed", { transactionId: undefined }), action("Viewed", { transactionId: undefined })]));

const server = http.createServer((request, response) => {
  middleware(request, response, () => {
    response.writeHead(202, { "content-type": "application/json" });
    response.end("{}");
  });
});
await new Promise((resolve) => server.listen(0, "127.0.0.1", resolve));
await fetch(`http://127.0.0.1:${server.address().port}/orders/7?x=1`, { headers: { "user-agent": "curl/8.5.0" } });
await Promise.race([sent, new Promise((resolve) => setTimeout(resolve, 10_000))]);
console.log(JSON.stringify(told));
process.exit(0);
