//! Allow and deny lists.

use cynic::{MutationBuilder, Operation, QueryBuilder};
use serde::Deserialize;
use serde_json::Value;

use super::{
    page::PageInfo,
    scalar::{Count, Moment, UserError},
    schema,
};

/// Rules of one page: as many as the server gives.
const PAGE: i32 = 1_000;

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleList {
    Deny,
    Allow,
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum RuleTarget {
    Action,
    Ip,
    UserAgent,
    ReferrerHost,
    UrlPath,
    Country,
    Bot,
}

/// A rule with its hits.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct Rule {
    pub(crate) id: cynic::Id,
    pub(crate) list: RuleList,
    pub(crate) target: RuleTarget,
    pub(crate) pattern: String,
    pub(crate) note: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) shadow: bool,
    pub(crate) expires_at: Option<Moment>,
    pub(crate) hits: Count,
    pub(crate) last_hit_at: Option<Moment>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct RulesVariables {
    pub(crate) site: String,
    pub(crate) first: i32,
    pub(crate) after: Option<String>,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query", variables = "RulesVariables")]
pub(crate) struct Rules {
    #[arguments(site: $site, first: $first, after: $after)]
    pub(crate) rules: RuleConnection,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct RuleConnection {
    pub(crate) nodes: Vec<Rule>,
    pub(crate) page_info: PageInfo,
}

/// A page of the rules of a site.
pub(crate) fn rules(site: String, after: Option<String>) -> Operation<Rules, RulesVariables> {
    Rules::build(RulesVariables {
        site,
        first: PAGE,
        after,
    })
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct RuleVariables {
    pub(crate) id: cynic::Id,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query", variables = "RuleVariables")]
pub(crate) struct OneRule {
    #[arguments(id: $id)]
    pub(crate) rule: Option<RuleHits>,
}

/// A rule's hits of the last days, today last.
#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Rule")]
pub(crate) struct RuleHits {
    pub(crate) days: Vec<RuleDay>,
}

/// The hits of one day in the site's zone, such as `2026-11-21`.
#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct RuleDay {
    pub(crate) date: String,
    pub(crate) hits: Count,
}

/// Asks for the hits of one rule by day.
pub(crate) fn rule_hits(id: cynic::Id) -> Operation<OneRule, RuleVariables> {
    OneRule::build(RuleVariables { id })
}

/// What a rule says.
#[derive(cynic::InputObject, Debug, Clone, PartialEq)]
pub(crate) struct RuleInput {
    pub(crate) list: RuleList,
    pub(crate) target: RuleTarget,
    pub(crate) pattern: String,
    pub(crate) note: Option<String>,
    pub(crate) enabled: bool,
    pub(crate) shadow: bool,
    pub(crate) expires_at: Option<Moment>,
}

/// A rule that was changed, or why not.
#[derive(cynic::QueryFragment, Debug)]
pub(crate) struct RulePayload {
    pub(crate) error: Option<UserError>,
}

#[derive(cynic::InputObject, Debug)]
pub(crate) struct CreateRuleInput {
    pub(crate) site: Option<String>,
    pub(crate) rule: RuleInput,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct CreateRuleVariables {
    pub(crate) input: CreateRuleInput,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "CreateRuleVariables")]
pub(crate) struct CreateRule {
    #[arguments(input: $input)]
    pub(crate) create_rule: RulePayload,
}

/// Adds a rule.
pub(crate) fn create_rule(site: String, rule: RuleInput) -> Operation<CreateRule, CreateRuleVariables> {
    CreateRule::build(CreateRuleVariables {
        input: CreateRuleInput { site: Some(site), rule },
    })
}

#[derive(cynic::InputObject, Debug)]
pub(crate) struct UpdateRuleInput {
    pub(crate) id: cynic::Id,
    pub(crate) pattern: Option<String>,
    pub(crate) note: Option<String>,
    pub(crate) enabled: Option<bool>,
    pub(crate) shadow: Option<bool>,
    pub(crate) expires_at: Option<Moment>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct UpdateRuleVariables {
    pub(crate) input: UpdateRuleInput,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "UpdateRuleVariables")]
pub(crate) struct UpdateRule {
    #[arguments(input: $input)]
    pub(crate) update_rule: RulePayload,
}

/// Changes a rule; its list and its target stay.
pub(crate) fn update_rule(id: cynic::Id, rule: RuleInput) -> Operation<UpdateRule, UpdateRuleVariables> {
    UpdateRule::build(UpdateRuleVariables {
        input: UpdateRuleInput {
            id,
            pattern: Some(rule.pattern),
            note: rule.note,
            enabled: Some(rule.enabled),
            shadow: Some(rule.shadow),
            expires_at: rule.expires_at,
        },
    })
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "RuleVariables")]
pub(crate) struct DeleteRule {
    #[arguments(id: $id)]
    pub(crate) delete_rule: RulePayload,
}

/// Takes a rule away.
pub(crate) fn delete_rule(id: cynic::Id) -> Operation<DeleteRule, RuleVariables> {
    DeleteRule::build(RuleVariables { id })
}

#[derive(cynic::InputObject, Debug)]
pub(crate) struct PreviewRuleInput {
    pub(crate) site: Option<String>,
    pub(crate) rule: RuleInput,
    pub(crate) replaces: Option<cynic::Id>,
    pub(crate) days: i32,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct PreviewRuleVariables {
    pub(crate) input: PreviewRuleInput,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Query", variables = "PreviewRuleVariables")]
pub(crate) struct PreviewRule {
    #[arguments(input: $input)]
    pub(crate) preview_rule: RulePreview,
}

/// What a rule would have refused.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct RulePreview {
    pub(crate) events: Count,
    pub(crate) refused: Count,
    pub(crate) refused_already: Count,
    pub(crate) by_action: Vec<RulePreviewAction>,
    pub(crate) emptied_views: Vec<String>,
    pub(crate) inexact_because: Vec<String>,
}

/// What a rule would have refused of one action.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct RulePreviewAction {
    pub(crate) action: String,
    pub(crate) events: Count,
    pub(crate) refused: Count,
}

/// Tries a rule on the events of the last days.
pub(crate) fn preview_rule(input: PreviewRuleInput) -> Operation<PreviewRule, PreviewRuleVariables> {
    PreviewRule::build(PreviewRuleVariables { input })
}

/// An event as somebody pastes it.
#[derive(cynic::InputObject, Debug, Clone, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub(crate) struct EventInput {
    pub(crate) site: Option<String>,
    pub(crate) id: Option<cynic::Id>,
    pub(crate) action: String,
    pub(crate) label: Option<String>,
    pub(crate) time: Option<Moment>,
    pub(crate) url: Option<String>,
    pub(crate) referrer: Option<String>,
    pub(crate) tag: Option<Value>,
    pub(crate) ip: Option<String>,
    pub(crate) user_agent: Option<String>,
    pub(crate) actor: Option<String>,
    pub(crate) device: Option<String>,
    pub(crate) session: Option<String>,
    pub(crate) company: Option<String>,
    pub(crate) language: Option<String>,
    pub(crate) country: Option<String>,
    pub(crate) city: Option<String>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct ExplainVariables {
    pub(crate) input: EventInput,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Query", variables = "ExplainVariables")]
pub(crate) struct Explain {
    #[arguments(input: $input)]
    pub(crate) explain_event: EventExplanation,
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    Accepted,
    Duplicate,
    Invalid,
    Denied,
    TypeConflict,
    RateLimited,
    Overloaded,
    Failed,
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum IngestStep {
    Shape,
    Id,
    Rules,
    TagTypes,
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum StepVerdict {
    Passed,
    Duplicate,
    Refused,
    NotReached,
}

/// What one step says of an event.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct ExplainedStep {
    pub(crate) step: IngestStep,
    pub(crate) verdict: StepVerdict,
    pub(crate) error: Option<UserError>,
}

/// What would become of an event, and why.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct EventExplanation {
    pub(crate) outcome: Outcome,
    pub(crate) steps: Vec<ExplainedStep>,
    pub(crate) matched_rules: Vec<MatchedRule>,
}

/// A rule that matches an event.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "Rule")]
pub(crate) struct MatchedRule {
    pub(crate) list: RuleList,
    pub(crate) target: RuleTarget,
    pub(crate) pattern: String,
    pub(crate) shadow: bool,
}

/// Asks what would become of an event.
pub(crate) fn explain_event(input: EventInput) -> Operation<Explain, ExplainVariables> {
    Explain::build(ExplainVariables { input })
}
