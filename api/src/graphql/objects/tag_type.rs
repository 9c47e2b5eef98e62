//! Keys of tags and their types.

use std::{
    collections::{BTreeSet, HashMap},
    sync::Arc,
};

use async_graphql::{ComplexObject, Context, Result, SimpleObject};
use serde_json::Value;
use tokio::sync::OnceCell;

use crate::{
    domain::tag_type::TagKey,
    graphql::{
        context::ContextExt,
        scalar::{Count, DateTime},
    },
    service::tag::Listed,
};

/// Values of all keys of one answer, looked for once, and only where somebody asks for them.
#[derive(Clone)]
pub(in crate::graphql) struct Samples(Arc<Wanted>);

struct Wanted {
    site: Option<String>,
    names: BTreeSet<String>,
    found: OnceCell<HashMap<String, Vec<Value>>>,
}

impl Samples {
    /// Of these keys, on one site or all those of the caller.
    pub(in crate::graphql) fn new(site: Option<String>, names: BTreeSet<String>) -> Self {
        Self(Arc::new(Wanted {
            site,
            names,
            found: OnceCell::new(),
        }))
    }

    async fn of(&self, ctx: &Context<'_>, name: &str) -> Result<Vec<Value>> {
        let wanted = &self.0;
        let look = || {
            ctx.services()
                .tag_samples(ctx.snapshot(), ctx.caller(), wanted.site.as_deref(), &wanted.names)
        };
        let found = wanted.found.get_or_try_init(look).await;
        let found = found.map_err(|error| ctx.fail(error))?;
        Ok(found.get(name).cloned().unwrap_or_default())
    }
}

/// A key of tags. It has one type, on every site and at every depth of a tag.
#[derive(SimpleObject)]
#[graphql(complex)]
pub(in crate::graphql) struct TagType {
    /// The key, with underscores for dots.
    name: String,
    /// Its type: `string`, `number`, `boolean`, `object`, or `array of` one of these or of arrays.
    #[graphql(name = "type")]
    kind: String,
    /// Whether somebody declared it; otherwise it has the type that it was first seen with.
    declared: bool,
    /// When it was declared.
    declared_at: Option<DateTime>,
    /// When it got a type.
    created_at: DateTime,
    /// When the first event with it came in, of the sites that the answer is about.
    first_seen_at: Option<DateTime>,
    /// The site of that event.
    first_site: Option<String>,
    /// The action of that event; none where no event names it any more.
    first_action: Option<String>,
    /// When the last event with it came in.
    last_seen_at: Option<DateTime>,
    /// How many events had it when they were stored; a few seconds behind where several servers run, and without the last
    /// seconds before a crash.
    count: Count,
    /// The sites that use it, of those that the answer is about.
    sites: Vec<String>,
    #[graphql(skip)]
    samples: Samples,
}

#[ComplexObject]
impl TagType {
    /// Up to 5 values that it has in the newest events of these sites; values of more than 200 bytes are left out.
    async fn samples(&self, ctx: &Context<'_>) -> Result<Vec<Value>> {
        self.samples.of(ctx, &self.name).await
    }
}

impl TagType {
    /// With the values of its page.
    pub(in crate::graphql) fn new(listed: Listed, samples: &Samples) -> Self {
        let (first_seen_at, first) = match listed.first {
            Some((time, site, action)) => (Some(time), (Some(site), action)),
            None => (None, (None, None)),
        };
        let key = listed.key;
        Self {
            kind: key.kind.to_string(),
            declared: key.declared.is_some(),
            declared_at: key.declared.map(DateTime::from),
            created_at: key.created.into(),
            first_seen_at: first_seen_at.map(DateTime::from),
            first_site: first.0,
            first_action: first.1,
            last_seen_at: listed.last.map(DateTime::from),
            count: Count(listed.count),
            sites: listed.sites,
            samples: samples.clone(),
            name: key.name,
        }
    }
}

/// A key of tags as an administrator left it.
#[derive(SimpleObject)]
pub(in crate::graphql) struct TagTypeDeclaration {
    /// The key, with underscores for dots.
    name: String,
    /// Its type.
    #[graphql(name = "type")]
    kind: String,
    /// Whether somebody declared it.
    declared: bool,
}

impl From<TagKey> for TagTypeDeclaration {
    fn from(key: TagKey) -> Self {
        Self {
            kind: key.kind.to_string(),
            declared: key.declared.is_some(),
            name: key.name,
        }
    }
}
