//! Saved segments.

use async_graphql::{Context, Object, Result};
use serde_json::{Map, Value};

use crate::{
    domain::error::{Code, Error},
    graphql::{
        context::ContextExt,
        objects::segment::{Segment, SegmentDevices},
    },
};

#[derive(Default)]
pub(in crate::graphql) struct SegmentQuery;

#[Object]
impl SegmentQuery {
    /// The saved segments of a site, by name.
    async fn segments(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
    ) -> Result<Vec<Segment>> {
        let segments = ctx
            .services()
            .segments(ctx.snapshot(), ctx.caller(), site.as_deref())
            .await;
        segments
            .map(|list| list.into_iter().map(Segment::from).collect())
            .map_err(|error| ctx.fail(error))
    }

    /// The devices that a saved segment finds at this moment. What is deleted counts for nothing in it.
    async fn segment(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
        #[graphql(desc = "The segment's name.")] name: String,
        #[graphql(
            desc = "An object with a value for each of its parameters: true or false for `bool`, a number for `int`, \
                          `long` and `double`, a text for the others."
        )]
        parameters: Option<Value>,
    ) -> Result<SegmentDevices> {
        let asked = async {
            let given = match parameters {
                None | Some(Value::Null) => Map::new(),
                Some(Value::Object(given)) => given,
                Some(_) => {
                    let message = "The parameters are an object: a value for each name.";
                    return Err(Error::new(Code::InvalidArgument, message).at("parameters"));
                }
            };
            ctx.services()
                .segment(ctx.snapshot(), ctx.caller(), site.as_deref(), &name, &given)
                .await
        };
        asked.await.map(SegmentDevices::from).map_err(|error| ctx.fail(error))
    }
}
