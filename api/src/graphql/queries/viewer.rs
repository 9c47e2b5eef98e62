//! Who asks.

use async_graphql::{Context, Enum, Object, Result, SimpleObject};

use crate::{
    domain::{caller::Identity, key},
    graphql::{context::ContextExt, objects::site::Site},
};

/// One thing a caller may do.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
#[graphql(remote = "key::Permission")]
enum Permission {
    /// Log events.
    Log,
    /// Ask questions.
    Query,
    /// Delete and restore events.
    Delete,
    /// Declare views and scopes, and change settings.
    Manage,
}

/// What a viewer is.
#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum ViewerKind {
    /// Nobody known; sends no key.
    Anonymous,
    /// The holder of an API key.
    Key,
    /// Somebody at the server's own command line.
    Operator,
}

/// Who asks, and what they may do.
#[derive(SimpleObject)]
struct Viewer {
    /// What the viewer is.
    kind: ViewerKind,
    /// The name of the viewer's key.
    name: Option<String>,
    /// The site that is meant where none is named.
    site: Option<Site>,
    /// What the viewer may do.
    permissions: Vec<Permission>,
    /// Events that the viewer's key may log a second; none means no limit of its own.
    events_per_second: Option<u32>,
}

#[derive(Default)]
pub(in crate::graphql) struct ViewerQuery;

#[Object]
impl ViewerQuery {
    /// Who am I, and what may I do?
    async fn viewer(&self, ctx: &Context<'_>) -> Result<Viewer> {
        let caller = ctx.caller();
        let (kind, permissions) = match &caller.identity {
            Identity::Anonymous => (ViewerKind::Anonymous, key::Permissions::default()),
            Identity::Operator => (ViewerKind::Operator, key::Permissions::all()),
            Identity::Key(key) => (ViewerKind::Key, key.permissions),
        };
        Ok(Viewer {
            kind,
            name: caller.key().map(|key| key.name.clone()),
            site: ctx.services().own_site(caller).map(|site| Site::from(&*site)),
            permissions: permissions.iter().map(Permission::from).collect(),
            events_per_second: caller.key().and_then(|key| key.events_per_second),
        })
    }
}
