//! The GraphQL schema: arguments become domain values, one service call, wrap. Descriptions here are the manual.

pub mod context;
mod error;
pub mod limit;
mod mutations;
mod objects;
mod page;
mod queries;
mod scalar;
mod subscriptions;

use async_graphql::{MergedObject, MergedSubscription, Schema, SchemaBuilder};

use crate::service::Services;

/// Questions.
#[derive(MergedObject, Default)]
pub struct Query(
    queries::viewer::ViewerQuery,
    queries::account::AccountQuery,
    queries::view::ViewQuery,
    queries::unique::UniqueQuery,
    queries::event::EventQuery,
    queries::kql::KqlQuery,
    queries::event_scope::EventScopeQuery,
    queries::segment::SegmentQuery,
    queries::profile::ProfileQuery,
    queries::deletion::DeletionQuery,
    queries::site::SiteQuery,
    queries::key::KeyQuery,
    queries::audit::AuditQuery,
    queries::ledger::LedgerQuery,
    queries::rule::RuleQuery,
    queries::tag_type::TagTypeQuery,
    queries::quarantine::QuarantineQuery,
    queries::external::ExternalQuery,
    queries::system::SystemQuery,
);

/// Changes.
#[derive(MergedObject, Default)]
pub struct Mutation(
    mutations::click::ClickMutation,
    mutations::event::EventMutation,
    mutations::deletion::DeletionMutation,
    mutations::view::ViewMutation,
    mutations::unique::UniqueMutation,
    mutations::segment::SegmentMutation,
    mutations::event_scope::EventScopeMutation,
    mutations::site::SiteMutation,
    mutations::account::AccountMutation,
    mutations::session::SessionMutation,
    mutations::key::KeyMutation,
    mutations::client_token::ClientTokenMutation,
    mutations::rule::RuleMutation,
    mutations::tag_type::TagTypeMutation,
    mutations::quarantine::QuarantineMutation,
    mutations::external::ExternalMutation,
);

/// What goes on.
#[derive(MergedSubscription, Default)]
pub struct Subscription(
    subscriptions::event::EventSubscription,
    subscriptions::backfill::BackfillSubscription,
);

/// The whole schema.
pub type TidemarkSchema = Schema<Query, Mutation, Subscription>;

fn builder() -> SchemaBuilder<Query, Mutation, Subscription> {
    Schema::build(Query::default(), Mutation::default(), Subscription::default())
}

/// The schema over the use-cases, on a server that people reach at `public_url`.
#[must_use]
pub fn build(services: Services, public_url: context::PublicUrl) -> TidemarkSchema {
    builder().data(services).data(public_url).finish()
}

/// The schema's text, in the schema definition language.
#[must_use]
pub fn sdl() -> String {
    builder().finish().sdl()
}
