//! Who may sign in, and what they may do.

use async_graphql::{Context, ID, InputObject, Object, Result, SimpleObject};

use crate::{
    domain::{
        account,
        error::{Code, Error},
    },
    graphql::{
        context::{ContextExt, PublicUrl},
        error::UserError,
        objects::account::{Account, Role},
        scalar::DateTime,
    },
    service::{account::NewAccount, link::Link},
};

/// Failures that a caller is to expect, and gets as data.
pub(in crate::graphql) fn refused(ctx: &Context<'_>, error: &Error) -> Result<UserError> {
    match error.code {
        Code::AlreadyExists
        | Code::InvalidArgument
        | Code::LastOwner
        | Code::NotFound
        | Code::RateLimited
        | Code::SecondFactorRequired
        | Code::SignInFailed
        | Code::UnknownSite
        | Code::WeakPassword => Ok(error.into()),
        _ => Err(ctx.fail(error.clone())),
    }
}

/// Who is to have an account.
#[derive(InputObject)]
struct InviteAccountInput {
    /// The e-mail address to sign in with.
    email: String,
    /// What people call them; the part of the address before the @ where it is left out.
    name: Option<String>,
    /// What they may do.
    role: Role,
    /// The site on which they may do it; every site where it is left out.
    site: Option<String>,
}

/// An account that was changed, or why not.
#[derive(SimpleObject)]
struct AccountPayload {
    /// The account as it is now.
    account: Option<Account>,
    /// Why nothing was done.
    error: Option<UserError>,
}

/// An account with a link by which its owner sets a password, or why there is none.
#[derive(SimpleObject)]
struct InvitationPayload {
    /// The account.
    account: Option<Account>,
    /// The link, to be handed to whom it is for. It works once, and is shown once.
    link: Option<String>,
    /// When the link stops working.
    expires_at: Option<DateTime>,
    /// Why nothing was done.
    error: Option<UserError>,
}

fn changed(ctx: &Context<'_>, outcome: Result<account::Account, Error>) -> Result<AccountPayload> {
    Ok(match outcome {
        Ok(account) => AccountPayload {
            account: Some(Account::new(&account, &ctx.services().registry.current())),
            error: None,
        },
        Err(error) => AccountPayload {
            account: None,
            error: Some(refused(ctx, &error)?),
        },
    })
}

fn invited(ctx: &Context<'_>, outcome: Result<(account::Account, Link), Error>) -> Result<InvitationPayload> {
    Ok(match outcome {
        Ok((account, link)) => InvitationPayload {
            account: Some(Account::new(&account, &ctx.services().registry.current())),
            link: Some(link.url(&ctx.data_unchecked::<PublicUrl>().0)),
            expires_at: Some(link.expires.into()),
            error: None,
        },
        Err(error) => InvitationPayload {
            account: None,
            link: None,
            expires_at: None,
            error: Some(refused(ctx, &error)?),
        },
    })
}

#[derive(Default)]
pub(in crate::graphql) struct AccountMutation;

#[Object]
impl AccountMutation {
    /// Makes an account, and a link by which its owner sets a password. For owners of the organisation.
    async fn invite_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Who.")] input: InviteAccountInput,
    ) -> Result<InvitationPayload> {
        let new = NewAccount {
            email: input.email,
            name: input.name.unwrap_or_default(),
            role: input.role.into(),
            site: input.site,
        };
        let outcome = ctx.services().invite_account(ctx.caller(), &new).await;
        invited(ctx, outcome.map_err(|error| error.below("input")))
    }

    /// Makes a fresh link for somebody who lost theirs, or their password; the one before it is void. For owners of the
    /// organisation.
    async fn renew_invitation(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's id.")] account: ID,
    ) -> Result<InvitationPayload> {
        invited(ctx, ctx.services().renew_link(ctx.caller(), &account).await)
    }

    /// Gives an account a role, in place of the one that it has there. For owners: of the site, or of the organisation.
    async fn set_account_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's id, or its e-mail address.")] account: ID,
        #[graphql(desc = "The role.")] role: Role,
        #[graphql(desc = "The site where it holds; every site where it is left out.")] site: Option<String>,
    ) -> Result<AccountPayload> {
        let services = ctx.services();
        let outcome = services.set_account_role(ctx.caller(), &account, site.as_deref(), Some(role.into()));
        changed(ctx, outcome.await)
    }

    /// Takes a role away from an account. For owners: of the site, or of the organisation, of whom the last stays.
    async fn remove_account_role(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's id, or its e-mail address.")] account: ID,
        #[graphql(desc = "The site of the role; the role for every site where it is left out.")] site: Option<String>,
    ) -> Result<AccountPayload> {
        let services = ctx.services();
        let outcome = services.set_account_role(ctx.caller(), &account, site.as_deref(), None);
        changed(ctx, outcome.await)
    }

    /// Lets an account in no more and ends its sessions, or lets it in again. For owners of the
    /// organisation; the last of them stays.
    async fn disable_account(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The account's id.")] account: ID,
        #[graphql(desc = "False lets it in again.", default = true)] disabled: bool,
    ) -> Result<AccountPayload> {
        let services = ctx.services();
        let outcome = services.set_account_disabled(ctx.caller(), &account, disabled);
        changed(ctx, outcome.await)
    }
}
