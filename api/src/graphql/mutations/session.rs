//! One's own account: password, second factor, sessions.

use async_graphql::{Context, ID, Object, Result, SimpleObject};

use super::account::refused;
use crate::graphql::{context::ContextExt, error::UserError, objects::account::Session, queries::account::asking};

/// A session that was ended, or why not.
#[derive(SimpleObject)]
struct SessionPayload {
    /// The session.
    session: Option<Session>,
    /// Why nothing was done.
    error: Option<UserError>,
}

/// Whether something was done, or why not.
#[derive(SimpleObject)]
struct DonePayload {
    /// Whether it was done.
    done: bool,
    /// Why nothing was done.
    error: Option<UserError>,
}

/// A second factor that was begun, or why not.
#[derive(SimpleObject)]
struct EnrolTotpPayload {
    /// The secret in base 32, to be typed into an app. It is shown once.
    secret: Option<String>,
    /// The same as `otpauth://` URI, to be shown as QR code.
    uri: Option<String>,
    /// Why nothing was done.
    error: Option<UserError>,
}

/// A second factor that counts, or why not.
#[derive(SimpleObject)]
struct ConfirmTotpPayload {
    /// Codes that stand in for the second factor, each once. They are shown once.
    recovery_codes: Vec<String>,
    /// Why nothing was done.
    error: Option<UserError>,
}

fn done(ctx: &Context<'_>, outcome: crate::domain::error::Result<()>) -> Result<DonePayload> {
    let error = outcome.err().map(|error| refused(ctx, &error)).transpose()?;
    Ok(DonePayload {
        done: error.is_none(),
        error,
    })
}

#[derive(Default)]
pub(in crate::graphql) struct SessionMutation;

#[Object]
impl SessionMutation {
    /// Ends a session: one of one's own, or as an owner anybody's. Nothing of it opens anything from then on.
    async fn revoke_session(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The session's id.")] id: ID,
    ) -> Result<SessionPayload> {
        Ok(match ctx.services().revoke_session(ctx.caller(), &id).await {
            Ok(session) => SessionPayload {
                session: Some(Session::new(session, asking(ctx.caller()))),
                error: None,
            },
            Err(error) => SessionPayload {
                session: None,
                error: Some(refused(ctx, &error)?),
            },
        })
    }

    /// Changes one's own password, and ends one's other sessions.
    async fn change_password(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The present password.")] password: String,
        #[graphql(desc = "The password to be, of 12–256 characters.")] new_password: String,
    ) -> Result<DonePayload> {
        let services = ctx.services();
        done(
            ctx,
            services.change_password(ctx.caller(), &password, &new_password).await,
        )
    }

    /// Begins a second factor for one's own account. It counts once `confirmTotp` was given a code of it.
    async fn enrol_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The present password.")] password: String,
    ) -> Result<EnrolTotpPayload> {
        Ok(match ctx.services().enrol_totp(ctx.caller(), &password).await {
            Ok(enrolment) => EnrolTotpPayload {
                secret: Some(enrolment.secret),
                uri: Some(enrolment.uri),
                error: None,
            },
            Err(error) => EnrolTotpPayload {
                secret: None,
                uri: None,
                error: Some(refused(ctx, &error)?),
            },
        })
    }

    /// Lets the second factor count: from then on signing in takes a code.
    async fn confirm_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The code that the app shows.")] code: String,
    ) -> Result<ConfirmTotpPayload> {
        Ok(match ctx.services().confirm_totp(ctx.caller(), &code).await {
            Ok(recovery_codes) => ConfirmTotpPayload {
                recovery_codes,
                error: None,
            },
            Err(error) => ConfirmTotpPayload {
                recovery_codes: Vec::new(),
                error: Some(refused(ctx, &error)?),
            },
        })
    }

    /// Takes the second factor away from one's own account.
    async fn disable_totp(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The present password.")] password: String,
        #[graphql(desc = "A code that the app shows, or a recovery code.")] code: String,
    ) -> Result<DonePayload> {
        let services = ctx.services();
        done(ctx, services.disable_totp(ctx.caller(), &password, &code).await)
    }
}
