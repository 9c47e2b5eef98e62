//! The types of tags' keys, and the events that are in quarantine for one.

use cynic::{MutationBuilder, Operation, QueryBuilder};
use serde_json::Value;

use super::{
    page::PageInfo,
    scalar::{Count, Moment, UserError},
    schema,
};

/// Rows of one page.
const PAGE: i32 = 100;

/// A key of tags with its type.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct TagType {
    pub(crate) name: String,
    #[cynic(rename = "type")]
    pub(crate) kind: String,
    pub(crate) declared: bool,
    pub(crate) last_seen_at: Option<Moment>,
    pub(crate) count: Count,
    pub(crate) samples: Vec<Value>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct TagTypesVariables {
    pub(crate) site: String,
    pub(crate) prefix: Option<String>,
    pub(crate) first: i32,
    pub(crate) after: Option<String>,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query", variables = "TagTypesVariables")]
pub(crate) struct TagTypes {
    #[arguments(site: $site, prefix: $prefix, first: $first, after: $after)]
    pub(crate) tag_types: TagTypeConnection,
}

/// A page of keys.
#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct TagTypeConnection {
    pub(crate) nodes: Vec<TagType>,
    pub(crate) page_info: PageInfo,
}

/// Asks for a page of the keys that begin with a text.
pub(crate) fn tag_types(
    site: String,
    prefix: Option<String>,
    after: Option<String>,
) -> Operation<TagTypes, TagTypesVariables> {
    TagTypes::build(TagTypesVariables {
        site,
        prefix,
        first: PAGE,
        after,
    })
}

/// A key and a type.
#[derive(cynic::InputObject, Debug, Clone)]
pub(crate) struct TagTypeInput {
    pub(crate) name: String,
    #[cynic(rename = "type")]
    pub(crate) kind: String,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct TagTypeVariables {
    pub(crate) input: TagTypeInput,
}

/// Whether a key was changed, or why not.
#[derive(cynic::QueryFragment, Debug)]
pub(crate) struct TagTypePayload {
    pub(crate) error: Option<UserError>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "TagTypeVariables")]
pub(crate) struct DeclareType {
    #[arguments(input: $input)]
    pub(crate) declare_tag_type: TagTypePayload,
}

/// Declares a key, on every site.
pub(crate) fn declare_type(input: TagTypeInput) -> Operation<DeclareType, TagTypeVariables> {
    DeclareType::build(TagTypeVariables { input })
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "TagTypeVariables")]
pub(crate) struct Retype {
    #[arguments(input: $input)]
    pub(crate) retype_tag_type: TagTypePayload,
}

/// Gives a key another type, on every site.
pub(crate) fn retype(input: TagTypeInput) -> Operation<Retype, TagTypeVariables> {
    Retype::build(TagTypeVariables { input })
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct ReleaseVariables {
    pub(crate) name: String,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "ReleaseVariables")]
pub(crate) struct Release {
    #[arguments(name: $name)]
    pub(crate) release_tag_type: TagTypePayload,
}

/// Takes the type of a key away, on every site.
pub(crate) fn release(name: String) -> Operation<Release, ReleaseVariables> {
    Release::build(ReleaseVariables { name })
}

#[derive(cynic::Enum, Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum QuarantineCode {
    TagTypeConflict,
    TagKeyLimit,
    TagKeyUndeclared,
    Denied,
    InvalidAction,
    EventTooOld,
    InvalidTag,
    TagKeyCollision,
    TooLong,
    InvalidText,
    InvalidIp,
    Forbidden,
    TooManyItems,
    BatchRefused,
    BodyTooLarge,
    InvalidArgument,
    MalformedRequest,
}

/// An event that was refused for its tag.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
pub(crate) struct QuarantinedEvent {
    pub(crate) id: cynic::Id,
    pub(crate) code: QuarantineCode,
    pub(crate) path: String,
    pub(crate) key: String,
    pub(crate) expected_type: Option<String>,
    pub(crate) received_type: Option<String>,
    pub(crate) event: RefusedEvent,
}

/// What it would have been stored as.
#[derive(cynic::QueryFragment, Debug, Clone, PartialEq)]
#[cynic(graphql_type = "Event")]
pub(crate) struct RefusedEvent {
    pub(crate) action: String,
    pub(crate) time: Moment,
    pub(crate) tag: Value,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct QuarantineVariables {
    pub(crate) site: String,
    pub(crate) first: i32,
    pub(crate) after: Option<String>,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
#[cynic(graphql_type = "Query", variables = "QuarantineVariables")]
pub(crate) struct Quarantine {
    #[arguments(site: $site, first: $first, after: $after)]
    pub(crate) quarantine: QuarantineConnection,
}

/// A page of the quarantine.
#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct QuarantineConnection {
    pub(crate) edges: Vec<QuarantineEdge>,
    pub(crate) page_info: PageInfo,
    pub(crate) total_count: Count,
}

#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct QuarantineEdge {
    pub(crate) node: QuarantinedEvent,
}

/// Asks for a page of a site's quarantine.
pub(crate) fn quarantine(site: String, after: Option<String>) -> Operation<Quarantine, QuarantineVariables> {
    Quarantine::build(QuarantineVariables {
        site,
        first: PAGE,
        after,
    })
}

/// Which events in quarantine.
#[derive(cynic::InputObject, Debug, Clone)]
pub(crate) struct QuarantineFilter {
    pub(crate) code: Option<QuarantineCode>,
    pub(crate) key: Option<String>,
}

/// A field's new name.
#[derive(cynic::InputObject, Debug, Clone)]
pub(crate) struct RenameKeyInput {
    pub(crate) from: String,
    pub(crate) to: String,
}

/// How events are mended: one of these.
#[derive(cynic::InputObject, Debug, Clone)]
pub(crate) struct FixInput {
    pub(crate) retype: Option<TagTypeInput>,
    pub(crate) rename: Option<RenameKeyInput>,
    pub(crate) coerce: Option<TagTypeInput>,
}

/// Events to try again.
#[derive(cynic::InputObject, Debug, Clone)]
pub(crate) struct RedriveQuarantineInput {
    pub(crate) site: Option<String>,
    pub(crate) filter: Option<QuarantineFilter>,
    pub(crate) fixes: Vec<FixInput>,
    pub(crate) dry_run: bool,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct RedriveVariables {
    pub(crate) input: RedriveQuarantineInput,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "RedriveVariables")]
pub(crate) struct Redrive {
    #[arguments(input: $input)]
    pub(crate) redrive_quarantine: RedriveQuarantinePayload,
}

/// What became, or would become, of them.
#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct RedriveQuarantinePayload {
    pub(crate) accepted: Count,
    pub(crate) duplicates: Count,
    pub(crate) refused: Count,
    pub(crate) remaining: Count,
    pub(crate) outcomes: Vec<RedrivenEvent>,
    pub(crate) error: Option<UserError>,
}

/// What became of one.
#[derive(cynic::QueryFragment, Debug, Clone)]
pub(crate) struct RedrivenEvent {
    pub(crate) error: Option<UserError>,
}

/// Tries events in quarantine again, or says what would become of them.
pub(crate) fn redrive(input: RedriveQuarantineInput) -> Operation<Redrive, RedriveVariables> {
    Redrive::build(RedriveVariables { input })
}

/// Events to be deleted from the quarantine.
#[derive(cynic::InputObject, Debug, Clone)]
pub(crate) struct DeleteQuarantinedInput {
    pub(crate) site: Option<String>,
    pub(crate) filter: Option<QuarantineFilter>,
}

#[derive(cynic::QueryVariables, Debug)]
pub(crate) struct DeleteQuarantinedVariables {
    pub(crate) input: DeleteQuarantinedInput,
}

/// How many were deleted, or why none.
#[derive(cynic::QueryFragment, Debug)]
pub(crate) struct DeleteQuarantinedPayload {
    pub(crate) count: Count,
    pub(crate) remaining: Count,
    pub(crate) error: Option<UserError>,
}

#[derive(cynic::QueryFragment, Debug)]
#[cynic(graphql_type = "Mutation", variables = "DeleteQuarantinedVariables")]
pub(crate) struct DeleteQuarantined {
    #[arguments(input: $input)]
    pub(crate) delete_quarantined: DeleteQuarantinedPayload,
}

/// Deletes events from the quarantine.
pub(crate) fn delete_quarantined(
    input: DeleteQuarantinedInput,
) -> Operation<DeleteQuarantined, DeleteQuarantinedVariables> {
    DeleteQuarantined::build(DeleteQuarantinedVariables { input })
}
