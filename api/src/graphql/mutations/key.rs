//! Making, changing, rotating and taking back API keys.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result};

use crate::{
    domain::{
        error,
        key::{self, Permissions},
    },
    graphql::{
        context::ContextExt,
        error::payload,
        objects::key::{KeyPayload, Permission},
        scalar::DateTime,
    },
    service::key::{Changes, NewKey},
};

/// A key to be made.
#[derive(InputObject)]
struct CreateKeyInput {
    /// The one site that it opens; left out, the site of the caller's key, or all sites where that opens all.
    site: Option<String>,
    /// What people call it, at most 200 characters.
    #[graphql(default)]
    name: String,
    /// What it may do; no more than the caller.
    permissions: Vec<Permission>,
    /// Where browsers may use it from: scheme, host and perhaps port, such as `https://www.example.com`, or
    /// `https://*.example.com` for every host below it. With any the key is public: it may hold `LOG` alone, and each of
    /// its requests needs one of these as its `Origin`. At most 100.
    #[graphql(default)]
    origins: Vec<String>,
    /// Events that it may log a second, at least 1; left out, it has no limit of its own.
    events_per_second: Option<u32>,
    /// When it stops working; left out, never.
    expires_at: Option<DateTime>,
    /// Whether to make a secret that signatures are verified with.
    #[graphql(default = false)]
    signing_secret: bool,
}

/// What is to be changed of a key; what is left out stays as it is.
#[derive(InputObject)]
struct UpdateKeyInput {
    /// The key, by the part of it that may be shown.
    key: ID,
    /// What people call it, at most 200 characters.
    name: Option<String>,
    /// What it may do; no more than the caller.
    permissions: Option<Vec<Permission>>,
    /// Where browsers may use it from; an empty list makes it a backend's key.
    origins: Option<Vec<String>>,
    /// Events that it may log a second, at least 1; null takes the limit off.
    events_per_second: MaybeUndefined<u32>,
    /// When it stops working; null means never.
    expires_at: MaybeUndefined<DateTime>,
    /// True makes a new secret that signatures are verified with, false takes it away.
    signing_secret: Option<bool>,
}

fn set(list: Vec<Permission>) -> Permissions {
    list.into_iter().map(key::Permission::from).collect()
}

impl CreateKeyInput {
    fn read(self) -> error::Result<NewKey> {
        Ok(NewKey {
            site: self.site,
            name: self.name,
            permissions: set(self.permissions),
            origins: self.origins,
            events_per_second: self.events_per_second,
            expires: self.expires_at.map(|time| time.timestamp("expiresAt")).transpose()?,
            signs: self.signing_secret,
        })
    }
}

impl UpdateKeyInput {
    fn read(self) -> error::Result<(ID, Changes)> {
        let expires = match self.expires_at {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(time) => Some(Some(time.timestamp("expiresAt")?)),
        };
        let changes = Changes {
            name: self.name,
            permissions: self.permissions.map(set),
            origins: self.origins,
            events_per_second: self.events_per_second.as_opt_ref().map(Option::<&u32>::copied),
            expires,
            signs: self.signing_secret,
        };
        Ok((self.key, changes))
    }
}

#[derive(Default)]
pub(in crate::graphql) struct KeyMutation;

#[Object]
impl KeyMutation {
    /// Makes an API key. Its text is in the answer and nowhere else; it works at once.
    async fn create_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key.")] input: CreateKeyInput,
    ) -> Result<KeyPayload> {
        let create = async { ctx.services().create_key(ctx.caller(), input.read()?).await };
        payload(ctx, create.await.map_err(|error| error.below("input")))
    }

    /// Changes an API key, within a second on every instance.
    async fn update_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The changes.")] input: UpdateKeyInput,
    ) -> Result<KeyPayload> {
        let update = async {
            let (key, changes) = input.read()?;
            ctx.services().update_key(ctx.caller(), &key, changes).await
        };
        payload(ctx, update.await.map_err(|error| error.below("input")))
    }

    /// Gives an API key a new secret, which works at once, and within a second on every instance. What was handed out
    /// before works until `overlapUntil`, so that its holders can change over; a secret from before an earlier rotation
    /// stops at once.
    async fn rotate_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key, by the part of it that may be shown.")] key: ID,
        #[graphql(desc = "Until when the old secret works; left out, it stops at once.")] overlap_until: Option<
            DateTime,
        >,
    ) -> Result<KeyPayload> {
        let rotate = async {
            let until = overlap_until.map(|time| time.timestamp("overlapUntil")).transpose()?;
            ctx.services().rotate_key(ctx.caller(), &key, until).await
        };
        payload(ctx, rotate.await)
    }

    /// Takes an API key back, and with it every client token that it minted; within a second on every instance.
    async fn revoke_key(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The key, by the part of it that may be shown.")] key: ID,
    ) -> Result<KeyPayload> {
        payload(ctx, ctx.services().revoke_key(ctx.caller(), &key).await)
    }
}
