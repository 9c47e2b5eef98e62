//! Minting client tokens.

use std::time::Duration;

use async_graphql::{Context, InputObject, Object, Result, SimpleObject};

use crate::{
    domain::{client_token::ClientClaims, key},
    graphql::{
        context::ContextExt,
        error::{UserError, payload},
        objects::key::Permission,
        scalar::DateTime,
    },
    service::client_token::{MintedToken, NewToken},
};

/// A token to be minted.
#[derive(InputObject)]
struct CreateClientTokenInput {
    /// The site that it opens; may be left out where the caller's key has one.
    site: Option<String>,
    /// What it allows: `LOG`, `QUERY` or both, and no more than the key may.
    permissions: Vec<Permission>,
    /// The user that it speaks for, at most 128 characters: the actor of every event logged with it. Who names a user
    /// needs the permission `IMPERSONATE`.
    username: Option<String>,
    /// What people call that user, at most 128 characters; needs `IMPERSONATE`.
    display_name: Option<String>,
    /// The search page that it is for, at most 128 characters.
    search_hub: Option<String>,
    /// The query pipeline that it is for, at most 128 characters.
    pipeline: Option<String>,
    /// The groups that its user is in, at most 100; needs `IMPERSONATE`.
    #[graphql(default)]
    groups: Vec<String>,
    /// Seconds that it holds, at most 86,400.
    #[graphql(default = 900)]
    expires_in: i32,
}

/// A token that was minted.
#[derive(SimpleObject)]
struct ClientTokenPayload {
    /// The token, to be sent as `Authorization: Bearer <token>`; none where there is an error.
    token: Option<String>,
    /// When it stops.
    expires_at: Option<DateTime>,
    /// Why none was minted.
    error: Option<UserError>,
}

impl From<MintedToken> for ClientTokenPayload {
    fn from(minted: MintedToken) -> Self {
        Self {
            token: Some(minted.token),
            expires_at: Some(minted.expires.into()),
            error: None,
        }
    }
}

impl From<UserError> for ClientTokenPayload {
    fn from(error: UserError) -> Self {
        Self {
            token: None,
            expires_at: None,
            error: Some(error),
        }
    }
}

#[derive(Default)]
pub(in crate::graphql) struct ClientTokenMutation;

#[Object]
impl ClientTokenMutation {
    /// Mints a token with which a frontend may log or ask for a while, without ever holding a key. The caller is a
    /// backend's key; with that key the token ends, within a second on every instance.
    async fn create_client_token(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The token.")] input: CreateClientTokenInput,
    ) -> Result<ClientTokenPayload> {
        let new = NewToken {
            site: input.site,
            permissions: input.permissions.into_iter().map(key::Permission::from).collect(),
            // A negative number is as little a life as none.
            life: Some(Duration::from_secs(u64::try_from(input.expires_in).unwrap_or(0))),
            claims: ClientClaims {
                username: input.username,
                display_name: input.display_name,
                search_hub: input.search_hub,
                pipeline: input.pipeline,
                groups: input.groups,
                ..ClientClaims::default()
            },
        };
        let minted = ctx.services().create_client_token(ctx.caller(), new).await;
        payload(ctx, minted.map_err(|error| error.below("input")))
    }
}
