//! What the doors are sent when all is in order.

use serde_json::{Value, json};

/// Stands for the site's key.
pub(super) const KEY: &str = "TIDEMARK_KEY";
/// Parameters that some door reads.
pub(super) const NAMES: &[&str] = &[
    "key",
    "access_token",
    "token",
    "org",
    "visitor",
    "visitorId",
    "clientId",
    "nonce",
    "signature",
    "callback",
    "action",
    "tag",
    "where",
    "begin",
    "end",
    "series",
    "period",
    "group_by",
    "queries",
    "ip",
    "user_agent",
    "url",
    "referrer",
    "message",
    "clickEvent",
    "dl",
    "t",
    "query",
    "variables",
    "operationName",
    "extensions",
    "prioritizeVisitorParameter",
];

pub(super) struct Door {
    /// Methods and paths.
    pub(super) paths: Vec<(&'static str, &'static str)>,
    /// What is put behind them.
    pub(super) parameters: Vec<&'static str>,
    /// Bodies: JSON, or a text as it is.
    pub(super) bodies: Vec<Value>,
}

pub(super) fn clickst() -> Door {
    // One for every question: what one of them does not know it ignores.
    let question = json!({"view": "events", "where": {"action": ["a", "b"], "tag.n": {"gt": 1, "lte": 5}, "tag.network": {"prefix": "tw"}},
        "begin": 1_795_000_000, "end": "2026-12-22T10:00:00Z", "series": true, "period": "day", "group_by": ["tag.network", "action"],
        "queries": [{"view": "actions", "where": {"action": {"ne": "a"}}}, {"view": "unique_actions", "end": "2026-12-22T10:00:00+01:00"},
            {"view": "events", "where": {"tag.n": {"exists": true}}, "group_by": "tag.n"}]});
    let of_networks = json!({"begin": 1_772_323_200, "end": "2026-12-22", "filter": {"network": ["twitter", "reddit"], "url": "https://a.example/"}});
    Door {
        paths: vec![
            ("POST", "/rest/action.log"),
            ("GET", "/rest/action.log"),
            ("POST", "/rest/action.find"),
            (
                "GET",
                "/rest/action.find?view=actions&where[action]=a&begin=2026-11-01&series=1&period=week&group_by[]=action",
            ),
            ("POST", "/rest/action.find_batch"),
            ("POST", "/rest/action.get_external_stats"),
            (
                "GET",
                "/rest/action.get_external_stats?begin=1772409600&end=1773014400&filter[network][]=twitter",
            ),
            ("POST", "/rest/quota.get"),
            ("POST", "/rest"),
            ("GET", "/api.js"),
        ],
        parameters: vec!["key=TIDEMARK_KEY", "action=pageview"],
        bodies: vec![
            json!({"action": "button.click", "url": "https://a.example/", "referrer": "https://b.example/", "ip": "203.0.113.7",
                "tag": {"network": "twitter", "group": "a", "referral": {"network": "facebook", "n": [1, 2.5]}}}),
            json!({"view": "actions", "where": {"action": ["a", "b"], "tag.n": {"gt": 1, "lte": 5}}, "begin": 0, "end": "2026-11-22T10:00:00Z",
                "series": true, "period": "week", "group_by": ["tag.network"]}),
            json!({"jsonrpc": "2.0", "id": 1, "method": "action.log", "params": {"action": "a", "tag": {"a": 1}}}),
            json!([{"jsonrpc": "2.0", "id": "x", "method": "action.find", "params": {"view": "events"}},
                {"jsonrpc": "2.0", "method": "action.log", "params": {"action": "b"}},
                {"jsonrpc": "2.0", "id": 3, "method": "action.get_external_stats", "params": of_networks},
                {"jsonrpc": "2.0", "id": 4, "method": "action.find_batch", "params": question}]),
            question,
            of_networks,
            json!("action=pageview&tag[referral][network]=twitter&tag[n]=5&user_agent=Mozilla/5.0"),
            json!("queries[0][view]=actions&queries[1][where][tag.n][0]=5&where[tag.n][1]=6&group_by[0]=action"),
            json!(
                "view=events&where[tag.n][gt]=1&where[action][]=a&begin=0&end=1795000000&series=true&period=month&filter[url]=https://a.example/"
            ),
        ],
    }
}

pub(super) fn segment() -> Door {
    let message = json!({"type": "track", "event": "Signed Up", "userId": "ada", "anonymousId": "a1", "messageId": "m1",
        "timestamp": "2026-11-22T10:00:00Z", "sentAt": "2026-11-22T10:00:01Z", "properties": {"plan": "pro", "revenue": 9.5},
        "context": {"ip": "203.0.113.7", "userAgent": "Mozilla/5.0", "locale": "en-US", "groupId": "acme", "campaign": {"name": "x"},
            "page": {"url": "https://a.example/", "referrer": "https://b.example/", "title": "A"}}});
    let identify =
        json!({"type": "identify", "userId": 7, "traits": {"email": "a@b.example", "address": {"city": "Paris"}}});
    Door {
        paths: [
            "track", "page", "screen", "identify", "group", "alias", "batch", "import", "t", "b", "m",
        ]
        .map(|name| ("POST", &*Box::leak(format!("/v1/{name}").into_boxed_str())))
        .into(),
        parameters: Vec::new(),
        bodies: vec![
            json!({"batch": [message, identify], "context": {"direct": true}, "writeKey": KEY, "sentAt": "2026-11-22T10:00:01Z"}),
            message,
            identify,
            json!({"type": "group", "userId": "ada", "groupId": "acme", "traits": {"employees": 42}, "writeKey": KEY}),
            json!({"type": "alias", "userId": "ada", "previousId": "a1"}),
        ],
    }
}

pub(super) fn profilestore() -> Door {
    let event = json!({"DeviceId": "d1", "EventType": "epiPageView", "Value": "Viewed", "Scope": "shop", "PageUri": "https://a.example/b",
        "PageTitle": "A", "RemoteAddress": "203.0.113.7", "SessionId": "s1", "EventTime": "2017-09-15T07:16:34.7957819Z", "CountryCode": "FR",
        "User": {"Name": "Ada", "Email": "a@b.example", "Info": {"Company": "Engines"}}, "Payload": {"price": 5, "list": [1], "o": {"k": "v"}}});
    let query = "Events | where EventTime between (ago(7d) .. now()) and Payload['price'] > 1.5 or User.Email has 'b' | extend x = \
                 strcat(tolower(DeviceId), '-', bin(EventTime, 1d)), y = iff(Payload.o.k matches regex '^v', 1, 2) | summarize n = count(), \
                 dcount(DeviceId), percentile(Payload.price, 95), make_set(x) by Scope, y | sort by n desc nulls last | top 5 by n";
    Door {
        paths: vec![
            ("POST", "/api/v1.0/Track"),
            ("POST", "/api/v1.0/TrackBulk"),
            ("GET", "/api/v2.0/TrackEvents"),
            ("POST", "/api/v2.0/TrackEvents/preview"),
            ("DELETE", "/api/v2.0/TrackEvents/shop/x"),
            ("GET", "/api/v1.0/scopes/"),
            ("PUT", "/api/v1.0/scopes/shop"),
            ("GET", "/api/v1.0/Profiles"),
            ("GET", "/api/v1.0/profiles/shop/d1"),
            ("PUT", "/api/v1.0/profiles/shop/d1"),
            ("PUT", "/api/v1.0/Profiles/d1"),
            ("POST", "/api/v1.0/profiles"),
            ("DELETE", "/api/v1.0/profiles/shop/d1"),
        ],
        parameters: vec![
            "$filter=not (EventType eq epiPageView) or Payload.price gt 1.5 and contains(tolower(PageUri), 'a.example')",
            "$filter=DeviceId in ('d1', d2) and EventTime ge 2017-09-15T07:16:34Z and User/Email ne null",
            "$orderby=EventTime desc, Payload/price asc",
            "$skip=1",
            "$top=5",
        ],
        bodies: vec![
            event.clone(),
            json!([event, {"deviceId": "d2", "eventType": "a", "value": ""}]),
            json!({"Query": query, "Scope": "shop"}),
            json!({"Query": "Events | project-away Payload, User | distinct Scope, ['EventType'] | take 10"}),
            json!({"Description": "a shop"}),
            json!({"ProfileId": "d1", "DeviceIds": ["d1", 7], "Scope": "shop", "Name": "Ada", "ProfileManager": "B", "Visits": 3,
                "FirstSeen": "2017-09-15T07:16:34.7957819Z", "LastSeen": "2018-01-01T00:00:00Z", "UpdateTime": null,
                "Info": {"Email": "a@b.example"}, "ContactInformation": [{"Phone": "1"}], "Payload": {"a.b": [1]}}),
        ],
    }
}

pub(super) fn moesif() -> Door {
    let action = json!({"action_name": "Clicked", "user_id": "12345", "company_id": "67890", "session_token": "s", "transaction_id": "t1",
        "metadata": {"plan": "pro", "list": [1, 2]}, "request": {"time": "2026-11-22T10:00:00.000Z", "uri": "https://a.example/b", "verb": "GET",
            "ip_address": "203.0.113.7", "user_agent_string": "Mozilla/5.0", "headers": {"A": "b"}}});
    let call = json!({"request": {"time": "2026-11-22T10:00:00.000Z", "uri": "https://api.example.com/a", "verb": "GET", "headers": {}},
        "response": {"time": "2026-11-22T10:00:00.100Z", "status": 200, "body": {"a": 1}}, "direction": "Incoming", "weight": 1});
    Door {
        paths: vec![
            ("POST", "/v1/actions"),
            ("POST", "/v1/actions/batch"),
            ("POST", "/v1/events"),
            ("POST", "/v1/events/batch"),
            ("POST", "/v1/users"),
            ("POST", "/v1/users/batch"),
            ("POST", "/v1/companies"),
            ("POST", "/v1/companies/batch"),
            ("POST", "/v1/subscriptions"),
            ("POST", "/v1/subscriptions/batch"),
            ("GET", "/v1/config"),
            ("GET", "/v1/rules"),
        ],
        parameters: Vec::new(),
        bodies: vec![
            json!([action, action]),
            action,
            json!([call]),
            call,
            json!([{"user_id": "u", "company_id": "c", "metadata": {"a": {"b": 1}}, "campaign": {"utm_source": "x"}, "modified_time": "2026-11-22T10:00:00Z"}]),
            json!({"company_id": "c", "company_domain": "a.example", "metadata": {"a": 1}}),
            json!({"subscription_id": "s", "company_id": "c", "status": "active", "current_period_start": "2026-11-22T10:00:00Z"}),
        ],
    }
}

const CLIENT: &str = "489aa3e3-aed2-4563-8e81-62bb73178a56";

pub(super) fn coveo() -> Door {
    let click = json!({"actionCause": "documentOpen", "documentPosition": 2, "sourceName": "web", "language": "en", "documentUri": "https://a.example/",
        "documentUriHash": "x", "searchQueryUid": "7bfc652a-9dea-4811-b3f9-6d24345c37ce", "clientId": CLIENT, "customData": {"a": "b", "n": 1},
        "username": "ada", "anonymous": false, "userGroups": ["a"], "originLevel1": "hub", "originContext": "Search"});
    let search = json!({"actionCause": "enter", "searchQueryUid": "q", "language": "en", "queryText": "boats", "responseTime": 12, "numberOfResults": 3,
        "results": [{"documentUri": "a", "documentUriHash": "b"}], "facetState": [{"field": "f", "value": "v"}], "advancedQuery": "@a"});
    Door {
        paths: vec![
            ("POST", "/rest/ua/v15/analytics/click"),
            ("POST", "/v15/analytics/search"),
            ("POST", "/coveo/v14/analytics/searches"),
            ("POST", "/rest/v15/analytics/custom"),
            ("POST", "/rest/ua/v15/analytics/view"),
            ("POST", "/rest/ua/v15/analytics/collect"),
            ("GET", "/rest/ua/v15/analytics/visit"),
            ("POST", "/rest/search/v2/token"),
            ("POST", "/rest/organizations/acme/events/v1/analytics/click/validate"),
            ("POST", "/rest/organizations/acme/events/v1/analytics/searches/validate"),
        ],
        parameters: vec![
            "access_token=TIDEMARK_KEY",
            "visitor=489aa3e3-aed2-4563-8e81-62bb73178a56",
        ],
        bodies: vec![
            json!([search, search]),
            click,
            search,
            json!({"eventType": "a", "eventValue": "b", "language": "en", "lastSearchQueryUid": "q", "customData": {"x": [1]}}),
            json!({"location": "https://a.example/", "contentIdKey": "k", "contentIdValue": "v", "contentType": "t", "language": "en"}),
            json!({"t": "event", "ec": "search", "ea": "click", "cid": CLIENT, "uid": "u", "dl": "https://a.example/", "z": "1",
                "pr1id": "p", "pr1nm": "name", "pa": "click", "tm": 1_795_000_000_000_i64}),
            json!({"userIds": [{"name": "ada", "provider": "p", "type": "User"}], "userDisplayName": "Ada", "searchHub": "h", "pipeline": "p",
                "userGroups": ["g"], "validFor": 1_000_000}),
            json!(
                "access_token=TIDEMARK_KEY&clickEvent=%7B%22actionCause%22%3A%22documentOpen%22%2C%22documentPosition%22%3A1%7D"
            ),
        ],
    }
}

pub(super) fn relay() -> Door {
    let event = json!({"action": "add", "quantity": 1, "currency": "CAD", "product": {"productId": "p", "price": 9.5},
        "meta": {"type": "ec.cartAction", "config": {"trackingId": "shop"}, "ts": 1_795_000_000_000_i64, "source": ["app@1", "relay@2.1.1"],
            "clientId": CLIENT, "userAgent": "Mozilla/5.0", "referrer": "https://b.example/", "location": "https://a.example/"}});
    Door {
        paths: vec![
            ("POST", "/rest/organizations/acme/events/v1"),
            ("POST", "/coveo/rest/organizations/acme/events/v1"),
            ("POST", "/rest/organizations/acme/events/v1/validate"),
        ],
        parameters: vec!["access_token=TIDEMARK_KEY"],
        bodies: vec![json!([event]), json!([event, event, event])],
    }
}

pub(super) fn script() -> Door {
    Door {
        paths: vec![
            ("POST", "/script"),
            ("GET", "/script.gif?key=TIDEMARK_KEY&action=a"),
            ("GET", "/script.js"),
        ],
        parameters: Vec::new(),
        bodies: vec![
            json!({"key": KEY, "sent": "2026-11-22T10:00:00Z", "messages": [
                {"id": "1", "action": "pageview", "time": "2026-11-22T10:00:00Z", "url": "https://a.example/", "referrer": "https://b.example/",
                    "tag": {"a": 1}, "session": "s", "label": "l"},
                {"identify": "u", "traits": {"plan": "pro"}}]}),
            json!({"key": KEY, "messages": []}),
        ],
    }
}

pub(super) fn graphql() -> Door {
    let log = "mutation ($inputs: [EventInput!]!) { logEvents(inputs: $inputs) { accepted outcomes { outcome error { code path } } } }";
    let find =
        "query ($input: FindInput!) { find(input: $input) { total rows { dimensions count } series { start count } } }";
    let events = "query ($filter: EventFilter, $first: Int, $after: String) { events(filter: $filter, first: $first, after: $after) \
                  { edges { cursor node { id action tag } } } }";
    Door {
        paths: vec![
            ("POST", "/graphql"),
            ("GET", "/graphql"),
            ("GET", "/graphql?query=%7B__typename%7D"),
        ],
        parameters: Vec::new(),
        bodies: vec![
            json!({"query": log, "variables": {"inputs": [{"action": "a", "actor": "u", "time": "2026-11-22T10:00:00Z", "ip": "203.0.113.7",
                "url": "https://a.example/", "tag": {"plan": "pro", "n": [1, 2], "o": {"p": null}}}]}}),
            json!({"query": find, "variables": {"input": {"view": "events", "from": "2026-11-01T00:00:00Z", "to": "2026-12-01T00:00:00Z", "series": true,
                "period": "WEEK", "timeZone": "Europe/Berlin", "groupBy": ["tag.plan"], "where": [{"dimension": "tag.n", "op": "GT", "value": 1}]}}}),
            json!({"query": events, "variables": {"first": 10, "filter": {"from": "2026-11-01T00:00:00Z", "where": [{"dimension": "action", "value": "a"}]}}}),
            json!({"query": "{ viewer { kind } a: viewer { kind } ...F } fragment F on Query { actions { name count } }", "operationName": null, "extensions": {}}),
            json!({"query": "mutation { logClick(input: {actionCause: \"documentOpen\", documentPosition: 1, sourceName: \"web\", language: \"en\", \
                   searchQueryUid: \"q\"}) { outcome } }"}),
        ],
    }
}

pub(super) fn synerise() -> Door {
    let event = json!({"action": "context.activity", "label": "Did it", "time": "2026-11-20T12:00:00.000+01:00", "eventSalt": "s",
        "client": {"uuid": "07243772-008a-42e1-ba37-c3807cebde8f", "email": "ada@example.com", "customId": "c", "id": 5},
        "params": {"source": "WEB_DESKTOP", "email": "ada@example.com", "url": "https://a.example/", "ip": "1.2.3.4", "n": {"a.b": [1]}}});
    let short =
        json!({"clientUUID": "u-1", "correlationId": "c", "items": ["sku"], "EventTimestamp": "2026-11-20T12:00:00"});
    Door {
        paths: vec![
            ("POST", "/v4/events/custom"),
            ("POST", "/v4/events/product-view"),
            ("POST", "/synerise/v4/events/push/viewed"),
            ("POST", "/v4/events/custom?token=TIDEMARK_KEY"),
            ("POST", "/v4/events/custom?strict=1"),
            ("POST", "/v4/events/batch"),
            ("POST", "/v4/events/ai-compat/item.search.click"),
            ("POST", "/v4/events/ai-compat/batch"),
            ("POST", "/uauth/v2/auth/login/profile"),
            ("POST", "/sauth/v3/auth/login/client"),
            ("POST", "/sauth/v3/auth/login/client/anonymous"),
            ("POST", "/sauth/v3/auth/refresh/client"),
            ("POST", "/uauth/api-key/permission-check"),
        ],
        parameters: vec!["token=TIDEMARK_KEY", "strict=1"],
        bodies: vec![
            event.clone(),
            json!({"label": "l", "client": {"id": 7}}),
            json!([event, event]),
            short.clone(),
            json!({"eventType": "recommendation.view", "items": [short]}),
            json!({"apiKey": KEY, "identityProvider": "OAUTH", "email": "ada@example.com", "uuid": "u-1", "deviceId": "d"}),
            json!(["API_CUSTOM_EVENTS_CREATE", "API_CLIENT_CREATE"]),
        ],
    }
}

/// GraphQL's arguments that are written in a language of their own.
pub(super) fn languages() -> Door {
    let odata = "query ($f: String!) { events(filter: {odata: $f}, first: 5) { totalCount edges { node { id } } } }";
    let kql = "query ($q: String!) { kql(query: $q) { columns { name type } rows truncated } }";
    let filters = [
        "EventType eq 'a' and not (Payload.n gt 1 or startswith(Value, 'x'))",
        "tolower(User.Email) eq 'ada@example.com' or EventTime lt 2026-11-22T10:00:00+01:00",
        "DeviceId in ('a', 'b''c') and Payload/a/b ne null",
    ];
    let queries = [
        "Events | where Payload.n > 1 and Value contains 'a' | summarize count(), avg(toreal(Payload.n)), percentile(toreal(Payload.n), 95) by EventType | top 3 by count_ desc",
        "Events | extend x = case(Payload.n > 1, 'a', Payload.n == 0, 'b', 'c') | where x in~ ('A', 'B') and EventTime > ago(30d) | distinct x",
        "Events | count",
    ];
    let mut bodies: Vec<_> = filters
        .iter()
        .map(|text| json!({"query": odata, "variables": {"f": text}}))
        .collect();
    bodies.extend(
        queries
            .iter()
            .map(|text| json!({"query": kql, "variables": {"q": text}})),
    );
    Door {
        paths: vec![("POST", "/graphql")],
        parameters: Vec::new(),
        bodies,
    }
}
