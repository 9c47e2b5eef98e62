//! Saving and deleting segments.

use async_graphql::{Context, InputObject, Object, Result};

use crate::{
    domain::segment::{Definition, Placeholder},
    graphql::{context::ContextExt, objects::segment::Segment},
};

/// A placeholder of a segment's query.
#[derive(InputObject)]
struct SegmentParameterInput {
    /// Its name: a letter, and letters, digits and underscores.
    name: String,
    /// The type of what stands for it: `bool`, `datetime`, `guid`, `int`, `long`, `double`, `string` or `timespan`.
    #[graphql(name = "type")]
    kind: String,
}

/// A segment to be saved.
#[derive(InputObject)]
struct CreateSegmentInput {
    /// The site; may be left out where the caller's key has one.
    site: Option<String>,
    /// The name: 1–64 letters, digits, dots, hyphens or underscores.
    name: String,
    /// The query in KQL, as `kql` takes it, whose answer has a column `DeviceId`:
    /// `Events | where EventTime > ago(30d) and Payload.price > {{least}}`. Values take the places of `{{…}}`, and are never
    /// read as a part of the query; one of the type `int` or `long` can also say how many rows a step takes: `take {{most}}`.
    query: String,
    /// The placeholders in it.
    parameters: Option<Vec<SegmentParameterInput>>,
}

#[derive(Default)]
pub(in crate::graphql) struct SegmentMutation;

#[Object]
impl SegmentMutation {
    /// Saves a segment: a query that finds devices, anew whenever it is asked.
    async fn create_segment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The segment.")] input: CreateSegmentInput,
    ) -> Result<Segment> {
        let parameters = input.parameters.unwrap_or_default().into_iter().map(|one| Placeholder {
            name: one.name,
            kind: one.kind,
        });
        let definition = Definition {
            name: input.name,
            query: input.query,
            parameters: parameters.collect(),
        };
        let created = ctx
            .services()
            .create_segment(ctx.caller(), input.site.as_deref(), definition)
            .await;
        created
            .map(Segment::from)
            .map_err(|error| ctx.fail(error.below("input")))
    }

    /// Deletes a saved segment; events stay.
    async fn delete_segment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
        #[graphql(desc = "The segment's name.")] name: String,
    ) -> Result<Segment> {
        let deleted = ctx
            .services()
            .delete_segment(ctx.caller(), site.as_deref(), &name)
            .await;
        deleted.map(Segment::from).map_err(|error| ctx.fail(error))
    }
}
