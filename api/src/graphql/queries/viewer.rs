//! Who asks.

use async_graphql::{ComplexObject, Context, Enum, Object, Result, SimpleObject};
use jiff::Timestamp;

use crate::{
    domain::{caller::Identity, client_token::ClientToken, rate::Left},
    graphql::{
        context::ContextExt,
        objects::{account::Account, key::Permission, site::Site},
        scalar::DateTime,
    },
};

/// What a viewer is.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum ViewerKind {
    /// Nobody known; sends no key.
    Anonymous,
    /// The holder of an API key.
    Key,
    /// Somebody who has signed in.
    Account,
    /// A frontend with a token that a key minted for it.
    ClientToken,
    /// Somebody at the server's own command line.
    Operator,
}

/// What a client token says of its frontend and user.
#[derive(SimpleObject)]
struct ViewerToken {
    /// The user that it speaks for: the actor of every event that it logs.
    username: Option<String>,
    /// What people call that user.
    display_name: Option<String>,
    /// The search page that it is for.
    search_hub: Option<String>,
    /// The query pipeline that it is for.
    pipeline: Option<String>,
    /// The groups that its user is in.
    groups: Vec<String>,
    /// When it stops.
    expires_at: DateTime,
}

impl From<&ClientToken> for ViewerToken {
    fn from(token: &ClientToken) -> Self {
        let claims = token.claims.clone();
        Self {
            username: claims.username,
            display_name: claims.display_name,
            search_hub: claims.search_hub,
            pipeline: claims.pipeline,
            groups: claims.groups,
            expires_at: token.expires.into(),
        }
    }
}

/// What is left of one of the viewer's limits; the headers `RateLimit-Policy` and `RateLimit` say the same.
#[derive(SimpleObject)]
struct RateLimit {
    /// What it limits: `log`, in events; `visitor`, in events of the viewer's address, by a public key or a client token,
    /// which are charged to both; `query`, in units of what questions cost; `delete`, in ids, and 100 for a filter
    /// or an actor; `manage`, in changes; `sign-in`, in attempts from the viewer's network.
    name: &'static str,
    /// Units in all. They come back evenly within `seconds`.
    limit: u32,
    /// The time in which an empty budget is full again.
    seconds: u32,
    /// Units that are left. Several servers that share the limit tell one another within a second.
    remaining: u32,
    /// When all of them are there again, if none is used until then.
    resets_at: DateTime,
}

impl RateLimit {
    fn new(left: &Left, now: Timestamp) -> Self {
        Self {
            name: left.budget.name(),
            limit: left.limit.quota,
            seconds: u32::try_from(left.limit.window.as_secs()).unwrap_or(u32::MAX),
            remaining: left.remaining,
            resets_at: now.checked_add(left.resets_in).unwrap_or(now).into(),
        }
    }
}

/// Who asks, and what they may do.
#[derive(SimpleObject)]
#[graphql(complex)]
struct Viewer {
    /// What the viewer is.
    kind: ViewerKind,
    /// The name of the viewer's key or account.
    name: Option<String>,
    /// The site that is meant where none is named.
    site: Option<Site>,
    /// What the viewer may do; an account may do it on the sites where its role gives it.
    permissions: Vec<Permission>,
    /// The viewer's account, with its roles.
    account: Option<Account>,
    /// Events that the viewer's key may log a second; none means no limit of its own.
    events_per_second: Option<u32>,
    /// What the viewer's client token says, where it has one.
    token: Option<ViewerToken>,
}

#[ComplexObject]
impl Viewer {
    /// What is left of the viewer's limits: of its key, of its account, or else of the network it comes from.
    async fn rate_limits(&self, ctx: &Context<'_>) -> Result<Vec<RateLimit>> {
        let services = ctx.services();
        let left = services.rates_left(ctx.caller()).await;
        let now = services.now();
        let told = |left: Vec<Left>| left.iter().map(|left| RateLimit::new(left, now)).collect();
        left.map(told).map_err(|error| ctx.fail(error))
    }

    /// The root fields that the viewer may use, such as `Query.find` and `Mutation.createKey`: what a program has to know to
    /// offer nothing that would be refused.
    async fn may(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "On this site; left out, on some site or other, or on all where a field takes that.")]
        site: Option<String>,
    ) -> Result<Vec<&'static str>> {
        let configuration = ctx.services().registry.current();
        let allowed = configuration
            .allowed(ctx.caller(), site.as_deref())
            .map_err(|error| ctx.fail(error))?;
        let is_field = |door: &&str| {
            ["Query.", "Mutation.", "Subscription."]
                .iter()
                .any(|root| door.starts_with(root))
        };
        Ok(allowed
            .iter()
            .flat_map(|operation| operation.doors().iter().copied())
            .filter(is_field)
            .collect())
    }
}

#[derive(Default)]
pub(in crate::graphql) struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// Who am I, and what may I do?
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer> {
        let caller = ctx.caller();
        let configuration = ctx.services().registry.current();
        let kind = match &caller.identity {
            Identity::Anonymous => ViewerKind::Anonymous,
            Identity::Operator => ViewerKind::Operator,
            Identity::Key(_) => ViewerKind::Key,
            Identity::Client(_) => ViewerKind::ClientToken,
            Identity::Account(_) => ViewerKind::Account,
        };
        // A frontend is not told what people call the key behind its token.
        let key = caller.key().filter(|_| caller.token().is_none());
        Ok(Viewer {
            kind,
            name: key
                .map(|key| key.name.clone())
                .or_else(|| caller.account().map(|account| account.name.clone())),
            site: ctx.services().own_site(caller).map(|site| Site::from(&*site)),
            permissions: caller.permissions().iter().map(Permission::from).collect(),
            account: caller.account().map(|account| Account::new(account, &configuration)),
            events_per_second: caller.key().and_then(|key| key.events_per_second),
            token: caller.token().map(ViewerToken::from),
        })
    }
}
