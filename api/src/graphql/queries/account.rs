//! Accounts and sessions.

use async_graphql::{Context, ID, Object, Result};

use crate::{
    domain::caller::{Caller, Identity},
    graphql::{
        context::ContextExt,
        objects::account::{Account, Session},
    },
};

/// The session that asks.
pub(in crate::graphql) fn asking(caller: &Caller) -> Option<i64> {
    match &caller.identity {
        Identity::Account(signed_in) => Some(signed_in.session),
        _ => None,
    }
}

#[derive(Default)]
pub(in crate::graphql) struct AccountQuery;

#[Object]
impl AccountQuery {
    /// Everybody who may sign in, by e-mail address. For owners; to an owner of some sites, those with a role there.
    async fn accounts(&self, ctx: &Context<'_>) -> Result<Vec<Account>> {
        let accounts = ctx.services().accounts(ctx.caller()).await;
        let accounts = accounts.map_err(|error| ctx.fail(error))?;
        let configuration = ctx.services().registry.current();
        Ok(accounts
            .iter()
            .map(|account| Account::new(account, &configuration))
            .collect())
    }

    /// The sessions that go on, the one last renewed first: one's own, or as an owner of the organisation those of any account.
    async fn sessions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's id; one's own where it is left out.")] account: Option<ID>,
    ) -> Result<Vec<Session>> {
        let account = account.as_ref().map(|id| id.as_str());
        let sessions = ctx.services().sessions(ctx.caller(), account).await;
        let sessions = sessions.map_err(|error| ctx.fail(error))?;
        let asking = asking(ctx.caller());
        Ok(sessions
            .into_iter()
            .map(|session| Session::new(session, asking))
            .collect())
    }

    /// How many recovery codes one's own account has left.
    async fn recovery_codes_left(&self, ctx: &Context<'_>) -> Result<i64> {
        let left = ctx.services().recovery_codes_left(ctx.caller()).await;
        left.map_err(|error| ctx.fail(error))
    }
}
