//! Asking for allow and deny lists, and trying rules.

use async_graphql::{Context, Enum, ID, InputObject, Object, Result, SimpleObject};

use crate::{
    domain::{
        error::{self, Code},
        event,
    },
    graphql::{
        context::ContextExt,
        error::UserError,
        mutations::{
            event::{EventInput, Outcome},
            rule::RuleInput,
        },
        objects::{
            event::Event,
            rule::{Rule, RuleList, RuleTarget},
        },
        page::{self, PageInfo},
        scalar::{Count, DateTime},
    },
    service::{
        ingest::explain::{Explanation, Finding, Step},
        rule::{ActionPreview, Filter, Page, Preview},
    },
};

/// Rules of one page, where the caller does not say.
const DEFAULT_PAGE: usize = 100;
/// Actions that a preview lists.
const MOST_ACTIONS: usize = 100;

/// A rule on a page.
#[derive(SimpleObject)]
struct RuleEdge {
    /// The place of the rule, for `after`.
    cursor: String,
    /// The rule.
    node: Rule,
}

/// A page of rules.
#[derive(SimpleObject)]
struct RuleConnection {
    /// The rules of the page, oldest first.
    edges: Vec<RuleEdge>,
    /// The rules of the page without their cursors.
    nodes: Vec<Rule>,
    /// What lies beyond the page.
    page_info: PageInfo,
    /// How many rules there are on all pages.
    total_count: Count,
}

impl RuleConnection {
    fn new(page: Page, after: bool) -> Self {
        let cursors: Vec<String> = page.rules.iter().map(|one| one.rule.public_id.clone()).collect();
        let edge = |one: crate::service::rule::Counted| RuleEdge {
            cursor: one.rule.public_id.clone(),
            node: one.into(),
        };
        Self {
            page_info: PageInfo::forward(&cursors, after, page.more),
            total_count: Count::of(page.total),
            nodes: page.rules.iter().cloned().map(Rule::from).collect(),
            edges: page.rules.into_iter().map(edge).collect(),
        }
    }
}

/// A rule to be tried.
#[derive(InputObject)]
struct PreviewRuleInput {
    /// The site; may be left out where the caller's key has one.
    site: Option<String>,
    /// The rule. It is tried as if it acted, whatever `enabled`, `shadow` and `expiresAt` say.
    rule: RuleInput,
    /// A rule of the site that it would stand in for, and that is taken as if it was not there.
    replaces: Option<ID>,
    /// The last so many days are tried, today among them: 1–90, in the site's time zone, by the time of the event.
    #[graphql(default = 7)]
    days: i64,
}

/// What a rule would have refused of one action.
#[derive(SimpleObject)]
struct RulePreviewAction {
    /// The action.
    action: String,
    /// The events that the rule was tried on.
    events: Count,
    /// Those that it would have refused and that the present rules let in.
    refused: Count,
}

impl From<ActionPreview> for RulePreviewAction {
    fn from(preview: ActionPreview) -> Self {
        Self {
            action: preview.action,
            events: Count(preview.events),
            refused: Count(preview.refused),
        }
    }
}

/// What a rule would have refused.
#[derive(SimpleObject)]
struct RulePreview {
    /// The first moment of the events that the rule was tried on.
    from: DateTime,
    /// The first moment past them.
    to: DateTime,
    /// The events that the rule was tried on: those that are stored.
    events: Count,
    /// Those that it would have refused and that the present rules let in.
    refused: Count,
    /// Those that the present rules would refuse already, with it or without it.
    refused_already: Count,
    /// The actions of which it would have refused some, the most refused first; at most 100.
    by_action: Vec<RulePreviewAction>,
    /// The views that would have lost everything.
    emptied_views: Vec<String>,
    /// Whether logging the same events again, with the rule in force, would refuse exactly so many.
    exact: bool,
    /// Why not, where it is not exact.
    inexact_because: Vec<String>,
}

impl From<Preview> for RulePreview {
    fn from(preview: Preview) -> Self {
        let actions = preview.actions.into_iter().take(MOST_ACTIONS);
        Self {
            from: DateTime::of(preview.span.from),
            to: DateTime::of(preview.span.to),
            events: Count(preview.events),
            refused: Count(preview.refused),
            refused_already: Count(preview.refused_already),
            by_action: actions.map(RulePreviewAction::from).collect(),
            emptied_views: preview.emptied_views,
            exact: preview.inexact.is_empty(),
            inexact_because: preview.inexact,
        }
    }
}

/// A step that an event goes through.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "Step")]
enum IngestStep {
    /// Shape, lengths and times.
    Shape,
    /// Whether an event with its id is stored.
    Id,
    /// The site's allow and deny lists.
    Rules,
    /// The types of the tag's fields.
    TagTypes,
}

/// What a step says of an event.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum StepVerdict {
    /// The event goes on.
    Passed,
    /// The event is stored already.
    Duplicate,
    /// The event is refused.
    Refused,
    /// An earlier step ended the event's way.
    NotReached,
}

/// What one step says of an event.
#[derive(SimpleObject)]
struct ExplainedStep {
    /// The step.
    step: IngestStep,
    /// What it says.
    verdict: StepVerdict,
    /// Why it refuses the event.
    error: Option<UserError>,
}

impl From<(Step, Finding)> for ExplainedStep {
    fn from((step, finding): (Step, Finding)) -> Self {
        let (verdict, error) = match finding {
            Finding::Passed => (StepVerdict::Passed, None),
            Finding::Duplicate => (StepVerdict::Duplicate, None),
            Finding::Refused(error) => (StepVerdict::Refused, Some((&error.below("input")).into())),
            Finding::NotReached => (StepVerdict::NotReached, None),
        };
        Self {
            step: step.into(),
            verdict,
            error,
        }
    }
}

/// What would become of an event, and why.
#[derive(SimpleObject)]
struct EventExplanation {
    /// What would become of it.
    outcome: Outcome,
    /// Why it would not be stored.
    error: Option<UserError>,
    /// What each step says, in order.
    steps: Vec<ExplainedStep>,
    /// Every rule that matches it, also shadow rules; none where it does not come so far.
    matched_rules: Vec<Rule>,
    /// The event as it would be kept, with what is made of its user agent, referrer and address; none where its shape is
    /// refused. An actor whom nobody names is left out, and an id that nobody gave is another one each time.
    event: Option<Event>,
}

impl From<Explanation> for EventExplanation {
    fn from(explanation: Explanation) -> Self {
        let error = match &explanation.outcome {
            event::Outcome::Refused(error) => Some((&error.clone().below("input")).into()),
            event::Outcome::Accepted(_) | event::Outcome::Duplicate { .. } => None,
        };
        Self {
            outcome: (&explanation.outcome).into(),
            error,
            steps: explanation.steps.into_iter().map(ExplainedStep::from).collect(),
            matched_rules: explanation.rules.into_iter().map(Rule::from).collect(),
            event: explanation.event.map(Event::from),
        }
    }
}

#[derive(Default)]
pub(in crate::graphql) struct RuleQuery;

#[Object]
impl RuleQuery {
    /// The rules of a site's allow and deny lists, with their hits.
    async fn rules(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
        #[graphql(desc = "Only rules of this list.")] list: Option<RuleList>,
        #[graphql(desc = "Only rules that look at this.")] target: Option<RuleTarget>,
        #[graphql(desc = "So many rules, 1–1,000; 100 where left out.")] first: Option<i32>,
        #[graphql(desc = "Only rules past this cursor.")] after: Option<String>,
    ) -> Result<RuleConnection> {
        let ask = async {
            let limit = page::size("first", first, DEFAULT_PAGE)?;
            let filter = Filter {
                list: list.map(Into::into),
                target: target.map(Into::into),
            };
            let part = (after.as_deref(), limit);
            ctx.services()
                .rules(ctx.snapshot(), ctx.caller(), site.as_deref(), &filter, part)
                .await
        };
        let page: error::Result<Page> = ask.await;
        page.map(|page| RuleConnection::new(page, after.is_some()))
            .map_err(|error| ctx.fail(error))
    }

    /// One rule, with its hits; null where there is none.
    async fn rule(&self, ctx: &Context<'_>, #[graphql(desc = "The rule's id.")] id: ID) -> Result<Option<Rule>> {
        match ctx.services().rule(ctx.snapshot(), ctx.caller(), &id).await {
            Ok(counted) => Ok(Some(counted.into())),
            Err(error) if error.code == Code::NotFound => Ok(None),
            Err(error) => Err(ctx.fail(error)),
        }
    }

    /// Tries a rule on the events of the last days: how many it would have refused, of which actions, and which views
    /// would have lost everything. Stores nothing.
    async fn preview_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule.")] input: PreviewRuleInput,
    ) -> Result<RulePreview> {
        let ask = async {
            let definition = input.rule.read().map_err(|error| error.below("rule"))?;
            let trial = (input.replaces.as_deref().map(String::as_str), input.days);
            ctx.services()
                .preview_rule(ctx.snapshot(), ctx.caller(), input.site.as_deref(), definition, trial)
                .await
        };
        let preview: error::Result<Preview> = ask.await;
        preview.map(Into::into).map_err(|error| ctx.fail(error.below("input")))
    }

    /// Says what would become of an event if the caller logged it now, and why: what each step says, and which rules match
    /// it. Charges nothing and stores nothing.
    async fn explain_event(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The event.")] input: EventInput,
        #[graphql(
            default = false,
            desc = "Whether a browser logs it with a public key: then `ip` and `userAgent` are those of its connection, and `country` and `city` count for nothing."
        )]
        public: bool,
    ) -> Result<EventExplanation> {
        let (site, event) = input.read();
        let explanation = ctx
            .services()
            .explain_event(ctx.snapshot(), ctx.caller(), site.as_deref(), event, public)
            .await;
        explanation
            .map(EventExplanation::from)
            .map_err(|error| ctx.fail(error.below("input")))
    }
}
