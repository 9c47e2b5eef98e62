//! Asking for unique actors.

use async_graphql::{Context, InputObject, Object, Result};

use crate::{
    domain::{
        condition::Op,
        dimension::Dimension,
        error::{self, Code, Error},
        question::Unique,
        scope,
    },
    graphql::{
        context::ContextExt,
        objects::{
            condition::{ConditionInput, read_conditions},
            range::RangeInput,
            unique::{UniqueResult, UniqueScope},
        },
        queries::view::wants_usage,
    },
};

/// A question for distinct actors.
#[derive(InputObject)]
struct UniqueInput {
    /// The site; may be left out where the caller's key has one.
    site: Option<String>,
    /// The action; left out, any action counts.
    action: Option<String>,
    /// The fields of the scope, such as `["tag.group", "tag.network"]`; may be left out, as `where` names them.
    #[graphql(default_with = "Some(Vec::new())")]
    scope: Option<Vec<String>>,
    /// Exactly one `EQ` condition on every field of the scope.
    #[graphql(name = "where")]
    conditions: Option<Vec<ConditionInput>>,
    #[graphql(flatten)]
    range: RangeInput,
}

impl UniqueInput {
    fn read(self) -> error::Result<(Option<String>, Unique)> {
        let refused = |message: &str, path: &str| Error::new(Code::UnsupportedScope, message).at(path);
        let conditions = read_conditions(self.conditions, "where")?;
        let mut fields: Vec<(Dimension, _)> = Vec::new();
        for (index, condition) in conditions.into_iter().enumerate() {
            let path = format!("where[{index}]");
            if condition.op != Op::Eq {
                return Err(refused(
                    "Unique actors are filtered by EQ alone; sketches cannot answer anything else.",
                    &path,
                ));
            }
            if fields.iter().any(|(field, _)| *field == condition.dimension) {
                return Err(refused("Each field of the scope has exactly one condition.", &path));
            }
            fields.push((condition.dimension, condition.value));
        }
        let named = scope::parse(&self.scope.unwrap_or_default(), "scope")?;
        let same =
            named.len() == fields.len() && named.iter().all(|name| fields.iter().any(|(field, _)| field == name));
        if !named.is_empty() && !same {
            let message = "`where` must have exactly one EQ condition on every field of `scope`.";
            return Err(refused(message, "where"));
        }
        let range = self.range.read()?;
        let question = Unique {
            action: self.action,
            fields,
            span: range.span,
            series: range.series,
            time_zone: range.time_zone,
        };
        Ok((self.site, question))
    }
}

#[derive(Default)]
pub(in crate::graphql) struct UniqueQuery;

#[Object]
impl UniqueQuery {
    /// Asks how many distinct actors did an action, within a declared scope. Actors are counted as their events name them:
    /// an alias joins what is known of two ids, and what `actor` tells of either; here they are still two.
    async fn unique(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The question.")] input: UniqueInput,
    ) -> Result<UniqueResult> {
        let ask = async {
            let (site, question) = input.read()?;
            ctx.services()
                .unique(ctx.snapshot(), ctx.caller(), site.as_deref(), &question)
                .await
        };
        ask.await
            .map(UniqueResult::from)
            .map_err(|error| ctx.fail(error.below("input")))
    }

    /// The scopes that `unique` can be asked by, on every site.
    async fn unique_scopes(&self, ctx: &Context<'_>) -> Result<Vec<UniqueScope>> {
        let scopes = ctx
            .services()
            .list_scopes(ctx.snapshot(), ctx.caller(), wants_usage(ctx))
            .await
            .map_err(|error| ctx.fail(error))?;
        Ok(scopes.into_iter().map(UniqueScope::from).collect())
    }
}
