//! Declaring and deleting views.

use async_graphql::{Context, InputObject, Object, Result};

use crate::{
    domain::{dimension::Dimension, error, view::Definition},
    graphql::{context::ContextExt, objects::view::View},
    service::view::Status,
};

/// A view to be declared.
#[derive(InputObject)]
struct CreateViewInput {
    /// The site; may be left out where the caller's key has one.
    site: Option<String>,
    /// The name: 1–64 letters, digits, dots, hyphens or underscores; names of built-in views are reserved.
    name: String,
    /// The actions it counts; left out, it counts all.
    actions: Option<Vec<String>>,
    /// Up to 8 dimensions to filter and group by.
    dimensions: Vec<String>,
    /// Up to 4 numeric tag fields for sum, average, least and greatest, such as `tag.price`.
    measures: Option<Vec<String>>,
}

impl CreateViewInput {
    fn read(self) -> error::Result<(Option<String>, Definition)> {
        let list = |names: Vec<String>, path: &str| {
            let one = |(index, name): (usize, String)| {
                Dimension::parse(&name).map_err(|error| error.at(format!("{path}[{index}]")))
            };
            names
                .into_iter()
                .enumerate()
                .map(one)
                .collect::<error::Result<Vec<_>>>()
        };
        let definition = Definition {
            name: self.name,
            actions: self.actions,
            dimensions: list(self.dimensions, "dimensions")?,
            measures: list(self.measures.unwrap_or_default(), "measures")?,
        };
        Ok((self.site, definition))
    }
}

#[derive(Default)]
pub(in crate::graphql) struct ViewMutation;

#[Object]
impl ViewMutation {
    /// Declares a view. It answers at once, from raw events until it has taken in the events that are there already.
    async fn create_view(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The view.")] input: CreateViewInput,
    ) -> Result<View> {
        let create = async {
            let (site, definition) = input.read()?;
            ctx.services()
                .create_view(ctx.caller(), site.as_deref(), definition)
                .await
        };
        create
            .await
            .map(View::from)
            .map_err(|error| ctx.fail(error.below("input")))
    }

    /// Deletes a view's declaration and what was folded for it; events stay.
    async fn delete_view(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
        #[graphql(desc = "The view's name.")] name: String,
    ) -> Result<View> {
        let deleted = ctx.services().delete_view(ctx.caller(), site.as_deref(), &name).await;
        deleted
            .map(|view| {
                Status {
                    view,
                    rollup: None,
                    usage: None,
                }
                .into()
            })
            .map_err(|error| ctx.fail(error))
    }
}
