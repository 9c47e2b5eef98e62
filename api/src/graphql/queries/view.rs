//! Asking views.

use async_graphql::{Context, Enum, InputObject, Object, Result, SimpleObject};

use crate::{
    domain::{
        dimension::Dimension,
        error::{self, Code, Error},
        question::{Find, RowOrder},
    },
    graphql::{
        context::{ContextExt, log},
        error::UserError,
        objects::{
            condition::{ConditionInput, read_conditions_with_traits},
            find::ViewResult,
            range::RangeInput,
            view::View,
        },
    },
};

/// Questions of one `findBatch`.
const MOST_FINDS: usize = 50;
/// Dimensions of one grouping.
const MOST_GROUPED: usize = 8;

/// The order of an answer's rows.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "RowOrder", name = "RowOrder")]
enum RowOrderInput {
    /// The greatest count first; equal counts by their dimensions.
    CountDescending,
    /// The least count first; equal counts by their dimensions.
    CountAscending,
    /// By the values of the dimensions.
    Dimensions,
}

/// A question to a view.
#[derive(InputObject)]
struct FindInput {
    /// The site; may be left out where the caller's key has one.
    site: Option<String>,
    /// The view; `views` lists them. `events` has every dimension and is answered from raw events.
    view: String,
    /// Conditions on the view's dimensions; all must hold.
    #[graphql(name = "where")]
    conditions: Option<Vec<ConditionInput>>,
    #[graphql(flatten)]
    range: RangeInput,
    /// The dimensions to group by.
    group_by: Option<Vec<String>>,
    /// The order of the rows.
    #[graphql(default_with = "RowOrderInput::CountDescending")]
    order_by: RowOrderInput,
    /// The most rows, up to as many as the server gives (1,000 unless it was told otherwise); without it an answer that has
    /// more is refused with `TOO_MANY_ROWS`.
    limit: Option<i32>,
}

impl FindInput {
    fn read(self) -> error::Result<(Option<String>, Find)> {
        let limit = match self.limit.map(usize::try_from) {
            None => None,
            Some(Ok(limit)) if limit > 0 => Some(limit),
            Some(_) => return Err(Error::new(Code::InvalidArgument, "`limit` is at least 1.").at("limit")),
        };
        let names = self.group_by.unwrap_or_default();
        if names.len() > MOST_GROUPED {
            return Err(Error::new(
                Code::TooManyItems,
                format!("At most {MOST_GROUPED} dimensions can be grouped by."),
            )
            .at("groupBy"));
        }
        let mut group_by: Vec<(String, Dimension)> = Vec::new();
        for (index, name) in names.into_iter().enumerate() {
            let at = format!("groupBy[{index}]");
            let dimension = Dimension::parse_with_traits(&name).map_err(|error| error.at(&at))?;
            if group_by.iter().any(|(_, other)| *other == dimension) {
                return Err(Error::new(Code::InvalidArgument, format!("“{name}” is named twice.")).at(at));
            }
            group_by.push((name, dimension));
        }
        let conditions = read_conditions_with_traits(self.conditions, "where")?;
        let range = self.range.read()?;
        let question = Find {
            view: self.view,
            conditions,
            span: range.span,
            series: range.series,
            time_zone: range.time_zone,
            group_by,
            order: self.order_by.into(),
            limit,
        };
        Ok((self.site, question))
    }
}

/// What became of one question of a batch.
#[derive(SimpleObject)]
struct FindOutcome {
    /// The answer; none where there is an error.
    result: Option<ViewResult>,
    /// Why there is no answer.
    error: Option<UserError>,
}

#[derive(Default)]
pub(in crate::graphql) struct ViewQuery;

/// Whether it is asked what is kept: counting that takes longer than all else that is known of views.
pub(super) fn wants_usage(ctx: &Context<'_>) -> bool {
    ctx.look_ahead().field("usage").exists()
}

async fn ask(ctx: &Context<'_>, input: FindInput) -> error::Result<ViewResult> {
    let (site, question) = input.read()?;
    let found = ctx
        .services()
        .find(ctx.snapshot(), ctx.caller(), site.as_deref(), &question)
        .await?;
    Ok(ViewResult::new(&question, found))
}

#[Object]
impl ViewQuery {
    /// Asks a view how many events there were. Exact for any bounds. All questions of one operation see the same events.
    async fn find(&self, ctx: &Context<'_>, #[graphql(desc = "The question.")] input: FindInput) -> Result<ViewResult> {
        ask(ctx, input).await.map_err(|error| ctx.fail(error.below("input")))
    }

    /// Asks up to 50 questions, answered in order; one that fails spoils no other.
    async fn find_batch(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The questions.")] inputs: Vec<FindInput>,
    ) -> Result<Vec<FindOutcome>> {
        if inputs.len() > MOST_FINDS {
            let message = format!(
                "The batch holds {} questions; at most {MOST_FINDS} are taken.",
                inputs.len()
            );
            return Err(ctx.fail(Error::new(Code::TooManyItems, message).at("inputs")));
        }
        let mut outcomes = Vec::with_capacity(inputs.len());
        for (index, input) in inputs.into_iter().enumerate() {
            outcomes.push(match ask(ctx, input).await {
                Ok(result) => FindOutcome {
                    result: Some(result),
                    error: None,
                },
                Err(error) => {
                    log(&error, None);
                    FindOutcome {
                        result: None,
                        error: Some((&error.below(&format!("inputs[{index}]"))).into()),
                    }
                }
            });
        }
        Ok(outcomes)
    }

    /// The views of a site that `find` can be asked of.
    async fn views(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
    ) -> Result<Vec<View>> {
        let views = ctx
            .services()
            .list_views(ctx.snapshot(), ctx.caller(), site.as_deref(), wants_usage(ctx))
            .await;
        let views = views.map_err(|error| ctx.fail(error))?;
        Ok(views.into_iter().map(View::from).chain([View::raw()]).collect())
    }
}
