//! Logging clicks on results of a search.

use std::borrow::Cow;

use async_graphql::{
    Context, ID, InputObject, InputType, InputValueError, InputValueResult, Object, Result, registry::Registry,
};
use serde_json::{Map, Value};

use super::event::{LogEventPayload, log_failure};
use crate::{
    domain::usage::{self, Kind, Manner, Pairs},
    graphql::{context::ContextExt, scalar::DateTime},
    service::usage::NewClick,
};

/// JSON whose pairs are read in the order in which they were sent, as of keys that become one the last counts.
struct CustomData(Value);

impl InputType for CustomData {
    type RawValueType = Self;

    fn type_name() -> Cow<'static, str> {
        <Value as InputType>::type_name()
    }

    fn create_type_info(registry: &mut Registry) -> String {
        <Value as InputType>::create_type_info(registry)
    }

    fn parse(value: Option<async_graphql::Value>) -> InputValueResult<Self> {
        let Some(async_graphql::Value::Object(sent)) = value else {
            return Value::parse(value).map(Self).map_err(InputValueError::propagate);
        };
        let mut pairs = Pairs::default();
        for (name, value) in sent {
            let value = Value::parse(Some(value)).map_err(InputValueError::propagate)?;
            pairs.push(name.to_string(), value);
        }
        Ok(Self(pairs.into_map().into()))
    }

    fn to_value(&self) -> async_graphql::Value {
        self.0.to_value()
    }

    fn as_raw_value(&self) -> Option<&Self> {
        Some(self)
    }
}

/// A click on a result of a search.
#[derive(InputObject)]
struct ClickInput {
    /// The site; may be left out where the caller's key has one.
    site: Option<String>,
    /// Your own id, at most 128 characters. Logging the same id again stores nothing and answers `DUPLICATE`, for ever.
    id: Option<ID>,
    /// When it happened; now where left out. At most 5 minutes ahead, and not older than the site takes.
    time: Option<DateTime>,
    /// What brought the result up, 1–256 characters, such as `documentOpen`: the event's action.
    action_cause: String,
    /// Where the result stood in the list, from 1 on, over all pages.
    document_position: i32,
    /// The search that the result is of; a UUID is best.
    search_query_uid: String,
    /// The source that the document is from, at most 512 characters.
    source_name: String,
    /// The language of the search page, a code of ISO 639-1 such as `en`.
    language: String,
    /// The title of the document, at most 1,024 characters.
    document_title: Option<String>,
    /// The address of the document, at most 1,024 characters.
    document_url: Option<String>,
    /// The author of the document, at most 128 characters.
    document_author: Option<String>,
    /// The URI of the document. Deprecated, and of no effect.
    document_uri: Option<String>,
    /// A hash of that URI, at most 32 characters. Deprecated.
    document_uri_hash: Option<String>,
    /// The category of the document.
    document_category: Option<String>,
    /// The collection that the document is in.
    collection_name: Option<String>,
    /// What changed the result's rank, at most 128 characters.
    ranking_modifier: Option<String>,
    /// The query pipeline, at most 128 characters; that of the caller's token where left out.
    query_pipeline: Option<String>,
    /// The search page, at most 128 characters; that of the caller's token where left out.
    origin_level1: Option<String>,
    /// The tab of the search page, at most 128 characters.
    origin_level2: Option<String>,
    /// Where the search page was come to from, at most 128 characters.
    origin_level3: Option<String>,
    /// The kind of page, at most 128 characters.
    origin_context: Option<String>,
    /// How well it went, from -5 to 5.
    outcome: Option<i32>,
    /// Whether the user is not to be named, also where the caller's token names one.
    anonymous: Option<bool>,
    /// The user, at most 128 characters: the event's actor. Takes `IMPERSONATE`; a token's own user may be left out.
    username: Option<String>,
    /// What people call the user, at most 128 characters. Takes `IMPERSONATE`.
    user_display_name: Option<String>,
    /// The test that this is a part of, at most 128 characters.
    split_test_run_name: Option<String>,
    /// The version of that test, at most 128 characters.
    split_test_run_version: Option<String>,
    /// The site or application as it calls itself: small letters, digits and `_`.
    tracking_id: Option<String>,
    /// The user agent, at most 1,024 characters; the connection's where left out. Counts only from keys that are not public.
    user_agent: Option<String>,
    /// The visitor, a UUID: the event's device, and its actor where no user is named.
    client_id: Option<ID>,
    /// Anything else: an object whose keys are letters, digits and `_`. Capitals become small letters and spaces `_`, and of
    /// keys that become one the last counts; what is no text becomes its JSON. `contentIDKey` has at most 128 characters,
    /// `contentIDValue` 512.
    custom_data: Option<CustomData>,
}

impl ClickInput {
    fn read(self) -> NewClick {
        let text = |text: Option<String>| text.map(Value::from);
        let fields = [
            ("actionCause", Some(self.action_cause.into())),
            ("documentPosition", Some(self.document_position.into())),
            ("searchQueryUid", Some(self.search_query_uid.into())),
            ("sourceName", Some(self.source_name.into())),
            ("language", Some(self.language.into())),
            ("documentTitle", text(self.document_title)),
            ("documentUrl", text(self.document_url)),
            ("documentAuthor", text(self.document_author)),
            ("documentUri", text(self.document_uri)),
            ("documentUriHash", text(self.document_uri_hash)),
            ("documentCategory", text(self.document_category)),
            ("collectionName", text(self.collection_name)),
            ("rankingModifier", text(self.ranking_modifier)),
            ("queryPipeline", text(self.query_pipeline)),
            ("originLevel1", text(self.origin_level1)),
            ("originLevel2", text(self.origin_level2)),
            ("originLevel3", text(self.origin_level3)),
            ("originContext", text(self.origin_context)),
            ("outcome", self.outcome.map(Value::from)),
            ("anonymous", self.anonymous.map(Value::from)),
            ("username", text(self.username)),
            ("userDisplayName", text(self.user_display_name)),
            ("splitTestRunName", text(self.split_test_run_name)),
            ("splitTestRunVersion", text(self.split_test_run_version)),
            ("trackingId", text(self.tracking_id)),
            ("userAgent", text(self.user_agent)),
            ("clientId", text(self.client_id.map(|id| id.0))),
            ("customData", self.custom_data.map(|data| data.0)),
        ];
        let given = |(name, value): (&str, Option<Value>)| value.map(|value| (name.to_owned(), value));
        let fields: Map<_, _> = fields.into_iter().filter_map(given).collect();
        let (usage, faults) = usage::read(Kind::Click, fields, Manner::Strict);
        NewClick {
            site: self.site,
            usage,
            faults,
            id: self.id.map(|id| id.0),
            time: self.time.map(DateTime::into_text),
        }
    }
}

#[derive(Default)]
pub(in crate::graphql) struct ClickMutation;

#[Object]
impl ClickMutation {
    /// Logs a click on a result of a search. Its fields are in the event's tag under their own names, and so is its custom
    /// data. What is too long or out of its range is refused, and named in `error`.
    async fn log_click(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The click.")] input: ClickInput,
    ) -> Result<LogEventPayload> {
        let click = input.read();
        let site = click.site.clone();
        let outcomes = ctx.services().log_click(ctx.caller(), click).await;
        let mut outcomes = outcomes.map_err(|error| ctx.fail_event(error))?;
        log_failure(&outcomes);
        let outcome = outcomes.pop();
        let outcome = outcome.ok_or_else(|| async_graphql::Error::new("an event went without an outcome"))?;
        Ok(LogEventPayload::new(outcome, site, "input"))
    }
}
