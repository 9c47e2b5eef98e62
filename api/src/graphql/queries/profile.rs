//! What is known of actors and companies.

use async_graphql::{ComplexObject, Context, ID, Object, Result, SimpleObject};
use serde_json::Value;

use crate::{
    domain::{
        error,
        profile::{Profile, ProfileKind, Touch},
    },
    graphql::{
        context::ContextExt,
        objects::condition::EventFilter,
        page::PageArguments,
        queries::event::{Asked, EventConnection, EventOrder, read_page},
        scalar::DateTime,
    },
    service::profile::Known,
};

/// What brought somebody here.
#[derive(SimpleObject)]
struct CampaignTouch {
    /// When.
    time: DateTime,
    /// The campaign as it was sent, such as `{"source": "newsletter", "medium": "email"}`.
    campaign: Value,
}

impl From<&Touch> for CampaignTouch {
    fn from(touch: &Touch) -> Self {
        Self {
            time: DateTime::of(touch.at),
            campaign: touch.campaign.clone().into(),
        }
    }
}

/// Somebody who does things: a user, or a device whose user is not known.
#[derive(SimpleObject)]
#[graphql(complex)]
struct Actor {
    /// The id that the actor goes by.
    id: ID,
    /// The other ids that turned out to be the same actor’s, at most 999.
    aliases: Vec<ID>,
    /// What calls that identify have said, merged at every depth: of what was said twice, the later counts. Empty where
    /// nothing was said.
    traits: Value,
    /// The earliest time that something was said of the actor; null where nothing was.
    first_seen: Option<DateTime>,
    /// The latest time that something was said of the actor; null where nothing was.
    last_seen: Option<DateTime>,
    /// What first brought the actor here.
    first_touch: Option<CampaignTouch>,
    /// What last brought the actor here.
    last_touch: Option<CampaignTouch>,
    /// The actor's sessions that identify-like calls have named, the latest 100.
    sessions: Vec<String>,
    #[graphql(skip)]
    of: Origin,
    #[graphql(skip)]
    works_for: Option<String>,
}

/// An organisation that actors act for.
#[derive(SimpleObject)]
#[graphql(complex)]
struct Company {
    /// Its id.
    id: ID,
    /// What calls that identify have said, merged at every depth: of what was said twice, the later counts. Empty where
    /// nothing was said.
    traits: Value,
    /// The earliest time that something was said of the company; null where nothing was.
    first_seen: Option<DateTime>,
    /// The latest time that something was said of the company; null where nothing was.
    last_seen: Option<DateTime>,
    /// What first brought the company here.
    first_touch: Option<CampaignTouch>,
    /// What last brought the company here.
    last_touch: Option<CampaignTouch>,
    /// What the company has subscribed to, at most 1,000.
    subscriptions: Vec<CompanySubscription>,
    #[graphql(skip)]
    of: Origin,
}

/// What a company has subscribed to.
#[derive(SimpleObject)]
struct CompanySubscription {
    /// Its id.
    id: ID,
    /// What was said of it, as it was sent.
    traits: Value,
}

/// By what an object was found, to find its events by.
struct Origin {
    site: Option<String>,
    known: Known,
}

fn touches(profile: Option<&Profile>) -> (Option<CampaignTouch>, Option<CampaignTouch>) {
    let memory = profile.map(|profile| &profile.memory);
    let first = memory.and_then(|memory| memory.first_touch.as_ref());
    let last = memory.and_then(|memory| memory.last_touch.as_ref());
    (first.map(CampaignTouch::from), last.map(CampaignTouch::from))
}

fn traits(profile: Option<&Profile>) -> Value {
    profile.map(|profile| profile.traits.clone()).unwrap_or_default().into()
}

impl Actor {
    fn new(known: Known, site: Option<String>) -> Self {
        let profile = known.profile.as_ref();
        let (first_touch, last_touch) = touches(profile);
        Self {
            id: known.name.as_str().into(),
            aliases: known.aliases.iter().map(ID::from).collect(),
            traits: traits(profile),
            first_seen: profile.map(|profile| DateTime::of(profile.first_seen)),
            last_seen: profile.map(|profile| DateTime::of(profile.last_seen)),
            first_touch,
            last_touch,
            sessions: profile
                .map(|profile| profile.memory.sessions.clone())
                .unwrap_or_default(),
            works_for: profile.and_then(|profile| profile.company.clone()),
            of: Origin { site, known },
        }
    }
}

impl Company {
    fn new(known: Known, site: Option<String>) -> Self {
        let profile = known.profile.as_ref();
        let (first_touch, last_touch) = touches(profile);
        Self {
            id: known.name.as_str().into(),
            traits: traits(profile),
            first_seen: profile.map(|profile| DateTime::of(profile.first_seen)),
            last_seen: profile.map(|profile| DateTime::of(profile.last_seen)),
            first_touch,
            last_touch,
            subscriptions: known
                .subscriptions
                .iter()
                .map(|one| CompanySubscription {
                    id: one.name.as_str().into(),
                    traits: one.traits.clone().into(),
                })
                .collect(),
            of: Origin { site, known },
        }
    }
}

impl Origin {
    /// A page of the events.
    async fn events(
        &self,
        ctx: &Context<'_>,
        kind: ProfileKind,
        filter: Option<EventFilter>,
        order: Option<EventOrder>,
        page: PageArguments,
    ) -> error::Result<EventConnection> {
        let asked = Asked {
            site: self.site.clone(),
            filter,
            also: self.known.events(kind).conditions,
            order,
            page,
        };
        read_page(ctx, asked).await
    }
}

#[ComplexObject]
impl Actor {
    /// The company that the actor acts for, as it was last said.
    async fn company(&self, ctx: &Context<'_>) -> Result<Option<Company>> {
        let Some(id) = &self.works_for else {
            return Ok(None);
        };
        let site = self.of.site.clone();
        let known = ctx
            .services()
            .company(ctx.snapshot(), ctx.caller(), site.as_deref(), id)
            .await
            .map_err(|error| ctx.fail(error))?;
        // Of a company of which nothing else is known, there is its name.
        let known = known.unwrap_or_else(|| Known {
            name: id.clone(),
            profile: None,
            aliases: Vec::new(),
            subscriptions: Vec::new(),
        });
        Ok(Some(Company::new(known, site)))
    }

    /// What the actor did, by whatever of its ids, page by page as `events` gives them.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which events.")] filter: Option<EventFilter>,
        #[graphql(desc = "Their order; the latest first where left out.")] order_by: Option<EventOrder>,
        #[graphql(desc = "So many from the start, or from past `after`.")] first: Option<i32>,
        #[graphql(desc = "Only events past this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or from before `before`.")] last: Option<i32>,
        #[graphql(desc = "Only events before this cursor.")] before: Option<String>,
    ) -> Result<EventConnection> {
        let page = PageArguments {
            first,
            after,
            last,
            before,
        };
        let events = self.of.events(ctx, ProfileKind::User, filter, order_by, page).await;
        events.map_err(|error| ctx.fail(error))
    }
}

#[ComplexObject]
impl Company {
    /// What was done for the company, page by page as `events` gives them.
    #[expect(clippy::too_many_arguments, reason = "the arguments of a Relay connection")]
    async fn events(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Which events.")] filter: Option<EventFilter>,
        #[graphql(desc = "Their order; the latest first where left out.")] order_by: Option<EventOrder>,
        #[graphql(desc = "So many from the start, or from past `after`.")] first: Option<i32>,
        #[graphql(desc = "Only events past this cursor.")] after: Option<String>,
        #[graphql(desc = "So many from the end, or from before `before`.")] last: Option<i32>,
        #[graphql(desc = "Only events before this cursor.")] before: Option<String>,
    ) -> Result<EventConnection> {
        let page = PageArguments {
            first,
            after,
            last,
            before,
        };
        let events = self.of.events(ctx, ProfileKind::Company, filter, order_by, page).await;
        events.map_err(|error| ctx.fail(error))
    }
}

#[derive(Default)]
pub(in crate::graphql) struct ProfileQuery;

#[Object]
impl ProfileQuery {
    /// What is known of an actor, by any id of its: what was said of it and what it did. Null where nothing is.
    async fn actor(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
        #[graphql(desc = "An id of the actor: a user's, a device's, or one that was joined with another.")] id: ID,
    ) -> Result<Option<Actor>> {
        let known = ctx
            .services()
            .actor(ctx.snapshot(), ctx.caller(), site.as_deref(), &id)
            .await;
        let known = known.map_err(|error| ctx.fail(error))?;
        Ok(known.map(|known| Actor::new(known, site)))
    }

    /// What is known of a company: what was said of it and what was done for it. Null where nothing is.
    async fn company(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The site; may be left out where the caller's key has one.")] site: Option<String>,
        #[graphql(desc = "The company's id.")] id: ID,
    ) -> Result<Option<Company>> {
        let known = ctx
            .services()
            .company(ctx.snapshot(), ctx.caller(), site.as_deref(), &id)
            .await;
        let known = known.map_err(|error| ctx.fail(error))?;
        Ok(known.map(|known| Company::new(known, site)))
    }
}
