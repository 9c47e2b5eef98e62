// Sends what its library sends: `node coveo.js URL TOKEN`. Says what the library was told of each call.
import { createRequire } from "node:module";

const [url, token] = process.argv.slice(2);
const { CoveoAnalyticsClient } = createRequire(import.meta.url)("coveo.analytics");
const told = {};
const settle = async (name, promise) => {
  try {
    told[name] = (await promise) ?? "nothing";
  } catch (error) {
    told[name] = `failed: ${error.message}`;
  }
};
const clientOf = (options) => new CoveoAnalyticsClient({ token, ...options });
const client = clientOf({ endpoint: `${url}/rest/ua` });
await client.setClientId("489aa3e3-aed2-4563-8e81-62bb73178a56");
const common = { language: "en", originLevel1: "Community", originLevel2: "All", originLevel3: "https://docs.example.com/" + "x".repeat(300), userAgent: "unknown" };
const search = { ...common, actionCause: "searchboxSubmit", queryText: "", responseTime: 0, searchQueryUid: "7bfc652a-9dea-4811-b3f9-6d24345c37ce", numberOfResults: 3 };
const click = { ...common, actionCause: "documentOpen", documentPosition: 1, searchQueryUid: "7bfc652a-9dea-4811-b3f9-6d24345c37ce", sourceName: "web", documentTitle: "Boats & more +1", documentUrl: "https://docs.example.com/boats", customData: { contentIDKey: "permanentid", contentIDValue: "1", "context_role": "guest" } };
await settle("search", client.sendSearchEvent(search));
await settle("click", client.sendClickEvent(click));
await settle("custom", client.sendCustomEvent({ ...common, eventType: "facet", eventValue: "facetSearch", lastSearchQueryUid: search.searchQueryUid }));
// Of a view it asks the page, so that there has to be one.
globalThis.window = { location: new URL("https://docs.example.com/boats") };
globalThis.document = { referrer: "", title: "Boats", cookie: "", documentElement: { lang: "en" } };
await settle("view", client.sendViewEvent({ ...common, location: "https://docs.example.com/boats", contentIdKey: "permanentid", contentIdValue: "1", contentType: "page", title: "Boats" }));
delete globalThis.window;
delete globalThis.document;
told.visitor = await client.getCurrentVisitorId();
// The other addresses that the library makes of its options.
await settle("rest", clientOf({ endpoint: url }).sendCustomEvent({ ...common, eventType: "rest", eventValue: "1" }));
await settle("own", clientOf({ endpoint: `${url}/metrics/of/mine`, isCustomEndpoint: true }).sendCustomEvent({ ...common, eventType: "own", eventValue: "1" }));
await settle("bare", clientOf({ endpoint: url, isCustomEndpoint: true }).sendCustomEvent({ ...common, eventType: "bare", eventValue: "1" }));
await settle("health", client.getHealth());
// The flat form goes out by the plug-ins' mapping of events, which say the time as a number; here of an hour ago.
client.addEventTypeMapping("pageview", { newEventType: "collect", variableLengthArgumentsNames: ["page"], addVisitorIdParameter: true, usesMeasurementProtocol: true, addClientIdParameter: true });
await settle("collect", client.sendEvent("pageview", { hitType: "pageview", pageViewId: "b1946ac9-2492-4f08-a8ad-1ba0b3a4b0a1", eventId: "b1946ac9-2492-4f08-a8ad-1ba0b3a4b0a2", location: "https://docs.example.com/flat", language: "en-US", time: Date.now() - 3600000, title: "Flat" }));
await settle("bad", client.sendClickEvent({ ...click, documentPosition: 0 }));
// It takes the visit's visitor for its own, so that this comes last.
await settle("visit", client.getVisit());
console.log(JSON.stringify(told));
