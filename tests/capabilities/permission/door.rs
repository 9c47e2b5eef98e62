//! Every door of the server, with something to ask there that harms nobody.

use serde_json::{Value, json};

/// A root field of the schema.
pub(super) struct Door {
    /// As the printed table names it.
    pub(super) name: &'static str,
    /// What to ask.
    pub(super) document: &'static str,
    /// Its variables, as JSON; `KEY` stands for the prefix of a key, `PERMISSION` for a permission.
    variables: &'static str,
    /// Where among the variables a site can be named; none where it cannot.
    pub(super) site: Option<&'static str>,
}

impl Door {
    /// The variables, without a site.
    pub(super) fn variables(&self, key: &str, permission: &str) -> Value {
        let text = self.variables.replace("KEY", key);
        let text = text.replace("PERMISSION", &permission.to_uppercase());
        serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}: {text}", self.name))
    }

    /// The variables, with a site where one can be named.
    pub(super) fn on(&self, mut variables: Value, site: Option<&str>) -> Value {
        if let (Some(path), Some(site)) = (self.site, site) {
            let at = path
                .split('.')
                .fold(&mut variables, |value, part| match part.parse::<usize>() {
                    Ok(index) => &mut value[index],
                    Err(_) => &mut value[part],
                });
            *at = json!(site);
        }
        variables
    }
}

const fn door(name: &'static str, document: &'static str, variables: &'static str, site: Option<&'static str>) -> Door {
    Door {
        name,
        document,
        variables,
        site,
    }
}

const SITE: Option<&str> = Some("site");
const INPUT_SITE: Option<&str> = Some("input.site");

/// Every root field.
pub(super) const DOORS: &[Door] = &[
    door("Query.viewer", "{ viewer { kind } }", "{}", None),
    door(
        "Query.find",
        "query ($input: FindInput!) { find(input: $input) { total } }",
        r#"{"input": {"view": "actions", "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}}"#,
        INPUT_SITE,
    ),
    door(
        "Query.findBatch",
        "query ($inputs: [FindInput!]!) { findBatch(inputs: $inputs) { result { total } error { code message } } }",
        r#"{"inputs": [{"view": "actions", "from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}]}"#,
        Some("inputs.0.site"),
    ),
    door(
        "Query.unique",
        "query ($input: UniqueInput!) { unique(input: $input) { count } }",
        r#"{"input": {"from": "2026-01-01T00:00:00Z", "to": "2026-01-02T00:00:00Z"}}"#,
        INPUT_SITE,
    ),
    door(
        "Query.events",
        "query ($site: String) { events(site: $site) { edges { node { id } } } }",
        "{}",
        SITE,
    ),
    door(
        "Query.event",
        "query ($site: String) { event(site: $site, id: \"x\") { id } }",
        "{}",
        SITE,
    ),
    door(
        "Query.kql",
        "query ($site: String) { kql(site: $site, query: \"Events | take 1\") { rows } }",
        "{}",
        SITE,
    ),
    door(
        "Query.segments",
        "query ($site: String) { segments(site: $site) { name } }",
        "{}",
        SITE,
    ),
    door(
        "Query.segment",
        "query ($site: String) { segment(site: $site, name: \"none\") { count } }",
        "{}",
        SITE,
    ),
    door(
        "Mutation.createSegment",
        "mutation ($input: CreateSegmentInput!) { createSegment(input: $input) { name } }",
        r#"{"input": {"name": "s", "query": "Events"}}"#,
        INPUT_SITE,
    ),
    door(
        "Mutation.deleteSegment",
        "mutation ($site: String) { deleteSegment(site: $site, name: \"s\") { name } }",
        "{}",
        SITE,
    ),
    door(
        "Query.eventScopes",
        "query ($site: String) { eventScopes(site: $site) { name } }",
        "{}",
        SITE,
    ),
    door(
        "Mutation.describeEventScope",
        "mutation ($site: String) { describeEventScope(site: $site, name: \"shop\", description: \"d\") { name } }",
        "{}",
        SITE,
    ),
    door(
        "Query.actor",
        "query ($site: String) { actor(site: $site, id: \"x\") { id } }",
        "{}",
        SITE,
    ),
    door(
        "Query.company",
        "query ($site: String) { company(site: $site, id: \"x\") { id } }",
        "{}",
        SITE,
    ),
    door(
        "Query.actions",
        "query ($site: String) { actions(site: $site) { name } }",
        "{}",
        SITE,
    ),
    door(
        "Query.views",
        "query ($site: String) { views(site: $site) { name } }",
        "{}",
        SITE,
    ),
    door("Query.uniqueScopes", "{ uniqueScopes { name } }", "{}", None),
    door(
        "Query.deletions",
        "query ($site: String) { deletions(site: $site) { nodes { id } } }",
        "{}",
        SITE,
    ),
    door("Query.deletion", "{ deletion(id: \"1\") { id } }", "{}", None),
    door("Query.sites", "{ sites { name } }", "{}", None),
    door(
        "Query.keys",
        "query ($site: String) { keys(site: $site) { id } }",
        "{}",
        SITE,
    ),
    door(
        "Query.audit",
        "query ($site: String) { audit(site: $site) { edges { node { id } } } }",
        "{}",
        SITE,
    ),
    door("Mutation.ping", "mutation { ping }", "{}", None),
    door(
        "Mutation.logEvent",
        "mutation ($input: EventInput!) { logEvent(input: $input) { outcome error { code message } } }",
        r#"{"input": {"id": "x", "action": "a"}}"#,
        INPUT_SITE,
    ),
    door(
        "Mutation.logClick",
        "mutation ($input: ClickInput!) { logClick(input: $input) { outcome error { code message } } }",
        r#"{"input": {"id": "x", "actionCause": "a", "documentPosition": 1, "searchQueryUid": "q", "sourceName": "s", "language": "en"}}"#,
        INPUT_SITE,
    ),
    door(
        "Mutation.logEvents",
        "mutation ($inputs: [EventInput!]!) { logEvents(inputs: $inputs) { outcomes { error { code message } } } }",
        r#"{"inputs": [{"id": "x", "action": "a"}]}"#,
        Some("inputs.0.site"),
    ),
    door(
        "Mutation.deleteEvent",
        "mutation ($site: String) { deleteEvent(site: $site, id: \"y\") { count error { code message } } }",
        "{}",
        SITE,
    ),
    door(
        "Mutation.deleteEvents",
        "mutation ($input: DeleteEventsInput!) { deleteEvents(input: $input) { count error { code message } } }",
        r#"{"input": {"filter": {}, "dryRun": true}}"#,
        INPUT_SITE,
    ),
    door(
        "Mutation.restoreDeletion",
        "mutation { restoreDeletion(id: \"1\") { count error { code message } } }",
        "{}",
        None,
    ),
    door(
        "Mutation.createView",
        "mutation ($input: CreateViewInput!) { createView(input: $input) { name } }",
        r#"{"input": {"name": "v", "dimensions": ["action"]}}"#,
        INPUT_SITE,
    ),
    door(
        "Mutation.deleteView",
        "mutation ($site: String) { deleteView(site: $site, name: \"v\") { name } }",
        "{}",
        SITE,
    ),
    door(
        "Mutation.createUniqueScope",
        "mutation { createUniqueScope(fields: [\"tag.x\"]) { name } }",
        "{}",
        None,
    ),
    door(
        "Mutation.deleteUniqueScope",
        "mutation { deleteUniqueScope(fields: [\"tag.x\"]) { name } }",
        "{}",
        None,
    ),
    door(
        "Mutation.createSite",
        "mutation { createSite(input: {name: \"shop\"}) { name } }",
        "{}",
        None,
    ),
    door(
        "Mutation.updateSite",
        "mutation ($input: UpdateSiteInput!) { updateSite(input: $input) { name } }",
        r#"{"input": {}}"#,
        INPUT_SITE,
    ),
    door(
        "Mutation.createKey",
        "mutation ($input: CreateKeyInput!) { createKey(input: $input) { key { id } error { code message } } }",
        r#"{"input": {"permissions": ["MANAGE"]}}"#,
        INPUT_SITE,
    ),
    door(
        "Mutation.updateKey",
        "mutation ($input: UpdateKeyInput!) { updateKey(input: $input) { key { id } error { code message } } }",
        r#"{"input": {"key": "KEY", "name": "n"}}"#,
        None,
    ),
    door(
        "Mutation.rotateKey",
        "mutation ($key: ID!) { rotateKey(key: $key) { key { id } error { code message } } }",
        r#"{"key": "KEY"}"#,
        None,
    ),
    door(
        "Mutation.revokeKey",
        "mutation { revokeKey(key: \"tm_000000000000\") { key { id } error { code message } } }",
        "{}",
        None,
    ),
    door(
        "Mutation.createClientToken",
        "mutation ($input: CreateClientTokenInput!) { createClientToken(input: $input) { expiresAt error { code message } } }",
        r#"{"input": {"permissions": ["PERMISSION"]}}"#,
        INPUT_SITE,
    ),
    door(
        "Mutation.trackUrls",
        "mutation ($input: TrackUrlsInput!) { trackUrls(input: $input) { changed error { code message } } }",
        r#"{"input": {"urls": []}}"#,
        INPUT_SITE,
    ),
    door(
        "Mutation.untrackUrls",
        "mutation ($input: TrackUrlsInput!) { untrackUrls(input: $input) { changed error { code message } } }",
        r#"{"input": {"urls": []}}"#,
        INPUT_SITE,
    ),
    door(
        "Query.trackedUrls",
        "query ($site: String) { trackedUrls(site: $site) { totalCount } }",
        "{}",
        SITE,
    ),
    door(
        "Mutation.pushExternalStats",
        "mutation ($input: PushExternalStatsInput!) { pushExternalStats(input: $input) { taken error { code message } } }",
        r#"{"input": {"figures": []}}"#,
        INPUT_SITE,
    ),
    door(
        "Query.externalStats",
        "query ($site: String) { externalStats(site: $site, from: \"2026-01-01T00:00:00Z\", to: \"2026-01-02T00:00:00Z\") { url } }",
        "{}",
        SITE,
    ),
    door(
        "Query.ledger",
        "query ($site: String) { ledger(site: $site, from: \"2026-01-01T00:00:00Z\", to: \"2026-01-02T00:00:00Z\") { received } }",
        "{}",
        SITE,
    ),
    door("Query.rule", "{ rule(id: \"x\") { id } }", "{}", None),
    door(
        "Query.rules",
        "query ($site: String) { rules(site: $site) { totalCount } }",
        "{}",
        SITE,
    ),
    door(
        "Query.previewRule",
        "query ($input: PreviewRuleInput!) { previewRule(input: $input) { refused } }",
        r#"{"input": {"rule": {"list": "DENY", "target": "ACTION", "pattern": "z"}}}"#,
        INPUT_SITE,
    ),
    door(
        "Query.explainEvent",
        "query ($input: EventInput!) { explainEvent(input: $input) { outcome } }",
        r#"{"input": {"action": "a"}}"#,
        INPUT_SITE,
    ),
    door(
        "Mutation.createRule",
        "mutation ($input: CreateRuleInput!) { createRule(input: $input) { rule { id } error { code message } } }",
        r#"{"input": {"rule": {"list": "DENY", "target": "ACTION", "pattern": "z"}}}"#,
        INPUT_SITE,
    ),
    door(
        "Mutation.createRules",
        "mutation ($input: CreateRulesInput!) { createRules(input: $input) { rules { id } error { code message } } }",
        r#"{"input": {"rules": [{"list": "DENY", "target": "ACTION", "pattern": "z"}]}}"#,
        INPUT_SITE,
    ),
    door(
        "Query.tagTypes",
        "query ($site: String) { tagTypes(site: $site) { totalCount } }",
        "{}",
        SITE,
    ),
    door(
        "Mutation.declareTagType",
        "mutation { declareTagType(input: {name: \"door\", type: \"string\"}) { tagType { name } error { code message } } }",
        "{}",
        None,
    ),
    door(
        "Mutation.retypeTagType",
        "mutation { retypeTagType(input: {name: \"none\", type: \"string\"}) { tagType { name } error { code message } } }",
        "{}",
        None,
    ),
    door(
        "Mutation.releaseTagType",
        "mutation { releaseTagType(name: \"none\") { tagType { name } error { code message } } }",
        "{}",
        None,
    ),
    door(
        "Query.quarantine",
        "query ($site: String) { quarantine(site: $site) { totalCount } }",
        "{}",
        SITE,
    ),
    door(
        "Mutation.deleteQuarantined",
        "mutation ($input: DeleteQuarantinedInput!) { deleteQuarantined(input: $input) { count error { code message } } }",
        r#"{"input": {"ids": []}}"#,
        INPUT_SITE,
    ),
    door(
        "Mutation.redriveQuarantine",
        "mutation ($input: RedriveQuarantineInput!) { redriveQuarantine(input: $input) { accepted error { code message } } }",
        r#"{"input": {"ids": [], "dryRun": true}}"#,
        INPUT_SITE,
    ),
    door(
        "Mutation.updateRule",
        "mutation { updateRule(input: {id: \"1\", enabled: false}) { rule { id } error { code message } } }",
        "{}",
        None,
    ),
    door(
        "Mutation.deleteRule",
        "mutation { deleteRule(id: \"1\") { rule { id } error { code message } } }",
        "{}",
        None,
    ),
    door("Query.system", "{ system { version } }", "{}", None),
    door("Query.accounts", "{ accounts { email } }", "{}", None),
    door("Query.sessions", "{ sessions { id } }", "{}", None),
    door("Query.recoveryCodesLeft", "{ recoveryCodesLeft }", "{}", None),
    door(
        "Mutation.inviteAccount",
        "mutation { inviteAccount(input: {email: \"nobody\", role: VIEWER}) { link error { code message } } }",
        "{}",
        None,
    ),
    door(
        "Mutation.renewInvitation",
        "mutation { renewInvitation(account: \"x\") { link error { code message } } }",
        "{}",
        None,
    ),
    door(
        "Mutation.setAccountRole",
        "mutation ($site: String) { setAccountRole(account: \"x\", role: OWNER, site: $site) { account { id } error { code \
         message } } }",
        "{}",
        SITE,
    ),
    door(
        "Mutation.removeAccountRole",
        "mutation ($site: String) { removeAccountRole(account: \"x\", site: $site) { account { id } error { code message } } }",
        "{}",
        SITE,
    ),
    door(
        "Mutation.disableAccount",
        "mutation { disableAccount(account: \"x\") { account { id } error { code message } } }",
        "{}",
        None,
    ),
    door(
        "Mutation.revokeSession",
        "mutation { revokeSession(id: \"x\") { session { id } error { code message } } }",
        "{}",
        None,
    ),
    door(
        "Mutation.changePassword",
        "mutation { changePassword(password: \"x\", newPassword: \"wrong horse battery\") { done error { code message } } }",
        "{}",
        None,
    ),
    door(
        "Mutation.enrolTotp",
        "mutation { enrolTotp(password: \"x\") { secret error { code message } } }",
        "{}",
        None,
    ),
    door(
        "Mutation.confirmTotp",
        "mutation { confirmTotp(code: \"x\") { recoveryCodes error { code message } } }",
        "{}",
        None,
    ),
    door(
        "Mutation.disableTotp",
        "mutation { disableTotp(password: \"x\", code: \"x\") { done error { code message } } }",
        "{}",
        None,
    ),
    door(
        "Subscription.eventLogged",
        "subscription ($site: String) { eventLogged(site: $site) { id } }",
        "{}",
        SITE,
    ),
    door(
        "Subscription.viewBackfill",
        "subscription ($site: String) { viewBackfill(site: $site, name: \"actions\") { state } }",
        "{}",
        SITE,
    ),
    door(
        "Subscription.uniqueScopeBackfill",
        "subscription { uniqueScopeBackfill(fields: []) { state } }",
        "{}",
        None,
    ),
];
