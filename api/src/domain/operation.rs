//! The one table of operations: what each needs of its caller, and by which doors it is asked for. Services check
//! against it, the audit log names changes by it, and `tidemark permissions` prints it.

use crate::domain::{permission::Permission, role::Right};

/// Where the caller has to have it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// On the one site that is meant. To a caller of another site that site does not exist.
    Site,
    /// On any site; the answer is about the sites that the caller has it on.
    Sites,
    /// On all sites, those to come included.
    Organisation,
    /// Wherever: it is about the caller alone.
    Oneself,
}

impl Reach {
    /// Its name in the printed table.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Site => "the site",
            Self::Sites => "the caller's sites",
            Self::Organisation => "all sites",
            Self::Oneself => "oneself",
        }
    }
}

macro_rules! operations {
    (@right Declare) => { Right::Declare };
    (@right Own) => { Right::Own };
    (@right SignedIn) => { Right::SignedIn };
    (@right MintLog) => { Right::Mint(Permission::Log) };
    (@right MintQuery) => { Right::Mint(Permission::Query) };
    (@right $permission:ident) => { Right::Permission(Permission::$permission) };
    ($($(#[doc = $doc:literal])+ $variant:ident: [$($need:ident)*] on $reach:ident = [$first:literal $(, $door:literal)*];)+) => {
        /// Everything that can be asked of the server.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        pub enum Operation { $($(#[doc = $doc])+ $variant,)+ }

        impl Operation {
            /// Every operation, in the order of the table.
            pub const ALL: &[Self] = &[$(Self::$variant,)+];

            /// What its caller needs one of; nothing where anybody may.
            #[must_use]
            pub fn needs(self) -> &'static [Right] {
                match self { $(Self::$variant => &[$(operations!(@right $need)),*],)+ }
            }

            /// Where the caller has to have it.
            #[must_use]
            pub fn reach(self) -> Reach {
                match self { $(Self::$variant => Reach::$reach,)+ }
            }

            /// The doors by which it is asked for: `Query.find`, `Mutation.logEvent`, `GET /healthz`.
            #[must_use]
            pub fn doors(self) -> &'static [&'static str] {
                match self { $(Self::$variant => &[$first $(, $door)*],)+ }
            }

            fn own_name(self) -> &'static str {
                match self { $(Self::$variant => stringify!($variant),)+ }
            }

            /// What it does, as the documentation prints it.
            #[must_use]
            pub fn meaning(self) -> &'static str {
                match self { $(Self::$variant => concat!($($doc,)+).trim_ascii(),)+ }
            }
        }
    };
}

operations! {
    /// Log events.
    LogEvents: [Log] on Site = ["Mutation.logEvent", "Mutation.logEvents", "Mutation.logClick", "POST /v1/track", "POST /v1/page",
        "POST /v1/screen", "POST /v1/batch", "POST /v1/import", "POST /v1/t", "POST /v1/p", "POST /v1/s", "POST /v1/b",
        "GET /rest/{method}", "POST /rest/{method}", "POST /rest",
        "POST /v1/actions", "POST /v1/actions/batch", "POST /v1/events", "POST /v1/events/batch",
        "POST /script", "GET /script.gif",
        "POST /{folder:(.*/)?}{version:v1[45]}/analytics/click",
        "POST /{folder:(.*/)?}{version:v1[45]}/analytics/search",
        "POST /{folder:(.*/)?}{version:v1[45]}/analytics/searches",
        "POST /{folder:(.*/)?}{version:v1[45]}/analytics/custom",
        "POST /{folder:(.*/)?}{version:v1[45]}/analytics/view",
        "POST /{folder:(.*/)?}{version:v1[45]}/analytics/collect",
        "POST /rest/organizations/{org}/events/v1",
        "POST /{path:(?i:api/v1[.]0/track/?)}", "POST /{path:(?i:api/v1[.]0/trackbulk/?)}",
        "POST /v4/events/batch", "POST /v4/events/ai-compat/batch", "POST /v4/events/push/{name}",
        "POST /v4/events/ai-compat/{name}", "POST /v4/events/{name}"];
    /// Hear what would be wrong with events of Coveo's formats, without logging them.
    ValidateEvents: [Log] on Sites = ["POST /rest/organizations/{org}/events/v1/validate",
        "POST /rest/organizations/{org}/events/v1/analytics/{form}/validate"];
    /// Keep what is said of users and companies.
    KeepProfiles: [Log] on Site = ["POST /v1/identify", "POST /v1/group", "POST /v1/alias", "POST /v1/i", "POST /v1/g",
        "POST /v1/a", "POST /v1/users", "POST /v1/users/batch", "POST /v1/companies", "POST /v1/companies/batch",
        "POST /v1/subscriptions", "POST /v1/subscriptions/batch"];
    /// Read what is kept of a user or a company, and its events.
    ReadProfiles: [Query] on Site = ["Query.actor", "Query.company"];
    /// Read what the devices of a site did and what is written of them, as the Profile Store's profiles.
    ReadVisitors: [Query] on Site = ["GET /{path:(?i:api/v1[.]0/profiles/?)}",
        "GET /{path:(?i:api/v1[.]0/profiles)}/{scope}/{id}{end:/?}"];
    /// Write a profile of a visitor, as the Profile Store's clients do.
    WriteVisitor: [Log] on Site = ["PUT /{path:(?i:api/v1[.]0/profiles)}/{scope}/{id}{end:/?}",
        "PUT /{path:(?i:api/v1[.]0/profiles)}/{id}{end:/?}", "POST /{path:(?i:api/v1[.]0/profiles/?)}"];
    /// Delete the profile of a visitor; events stay, but count for none any more.
    DeleteVisitor: [Delete] on Site = ["DELETE /{path:(?i:api/v1[.]0/profiles)}/{scope}/{id}{end:/?}"];
    /// Do nothing with an event, to measure what a round trip costs.
    Ping: [] on Sites = ["Mutation.ping"];
    /// Ask views for counts.
    Find: [Query] on Site = ["Query.find", "Query.findBatch"];
    /// Count distinct actors.
    Unique: [Query] on Site = ["Query.unique"];
    /// Read raw events.
    ReadEvents: [Query] on Site = ["Query.events", "Query.event", "GET /{path:(?i:api/v[12][.]0/trackevents/?)}"];
    /// Ask raw events in KQL.
    AskKql: [Query] on Site = ["Query.kql", "POST /{path:(?i:api/v[12][.]0/trackevents/preview/?)}"];
    /// Watch events arrive.
    WatchEvents: [Query] on Site = ["Subscription.eventLogged"];
    /// Ask what became of every event received.
    ReadLedger: [Query] on Sites = ["Query.ledger"];
    /// List the actions that occur.
    ListActions: [Query] on Site = ["Query.actions"];
    /// List views, and watch their backfill.
    ListViews: [Query] on Site = ["Query.views", "Subscription.viewBackfill"];
    /// Declare a view.
    CreateView: [Declare] on Site = ["Mutation.createView"];
    /// Delete a view.
    DeleteView: [Declare] on Site = ["Mutation.deleteView"];
    /// List saved segments, and ask which devices are in one.
    ListSegments: [Query] on Site = ["Query.segments", "Query.segment"];
    /// Save a segment.
    CreateSegment: [Declare] on Site = ["Mutation.createSegment"];
    /// Delete a saved segment.
    DeleteSegment: [Declare] on Site = ["Mutation.deleteSegment"];
    /// Hear what the scopes of a site's events are for.
    ListEventScopes: [Query] on Site = ["Query.eventScopes",
        "GET /{path:(?i:api/v1[.]0/scopes/?)}", "GET /{path:(?i:api/v1[.]0/scopes)}/{scope}{end:/?}"];
    /// Say what a scope of a site's events is for.
    PutEventScope: [Manage] on Site = ["Mutation.describeEventScope",
        "PUT /{path:(?i:api/v1[.]0/scopes)}/{scope}{end:/?}"];
    /// List scopes, and watch their backfill.
    ListScopes: [Query] on Sites = ["Query.uniqueScopes", "Subscription.uniqueScopeBackfill"];
    /// Declare a scope, on every site.
    CreateScope: [Declare] on Organisation = ["Mutation.createUniqueScope"];
    /// Delete a scope, on every site.
    DeleteScope: [Declare] on Organisation = ["Mutation.deleteUniqueScope"];
    /// Delete events.
    DeleteEvents: [Delete] on Site = ["Mutation.deleteEvents", "Mutation.deleteEvent",
        "DELETE /{path:(?i:api/v[12][.]0/trackevents)}/{scope}/{id}{end:/?}"];
    /// Bring back what a deletion hid.
    RestoreDeletion: [Delete] on Site = ["Mutation.restoreDeletion"];
    /// Look at deletions.
    ListDeletions: [Delete] on Site = ["Query.deletions", "Query.deletion"];
    /// List sites and their settings.
    ListSites: [Query] on Sites = ["Query.sites"];
    /// Make a site.
    CreateSite: [Manage] on Organisation = ["Mutation.createSite"];
    /// Change a site's settings.
    UpdateSite: [Manage] on Site = ["Mutation.updateSite"];
    /// List the rules of allow and deny lists.
    ListRules: [Manage] on Site = ["Query.rules", "Query.rule"];
    /// Hear what a rule would have refused.
    PreviewRule: [Manage] on Site = ["Query.previewRule"];
    /// Hear what would become of an event.
    ExplainEvent: [Manage] on Site = ["Query.explainEvent"];
    /// Add rules to a site's lists.
    CreateRule: [Manage] on Site = ["Mutation.createRule", "Mutation.createRules"];
    /// Change a rule.
    UpdateRule: [Manage] on Site = ["Mutation.updateRule"];
    /// Delete a rule.
    DeleteRule: [Manage] on Site = ["Mutation.deleteRule"];
    /// List the types of tags' keys, and how the caller's sites use them.
    ListTagTypes: [Query] on Sites = ["Query.tagTypes"];
    /// Declare a key of tags, for every site.
    DeclareTagType: [Manage] on Organisation = ["Mutation.declareTagType"];
    /// Give a key of tags another type, on every site.
    RetypeTagType: [Manage] on Organisation = ["Mutation.retypeTagType"];
    /// Take the type of a key of tags away, on every site.
    ReleaseTagType: [Manage] on Organisation = ["Mutation.releaseTagType"];
    /// Look at events in quarantine.
    ListQuarantine: [Manage] on Site = ["Query.quarantine"];
    /// Delete events in quarantine.
    DeleteQuarantined: [Delete] on Site = ["Mutation.deleteQuarantined"];
    /// Try events in quarantine again; to retype a key with it takes what `retypeTagType` takes.
    RedriveQuarantine: [Manage] on Site = ["Mutation.redriveQuarantine"];
    /// List API keys, without their secrets.
    ListKeys: [Manage] on Sites = ["Query.keys"];
    /// Make an API key that may do no more than the caller.
    CreateKey: [Manage] on Site = ["Mutation.createKey"];
    /// Change an API key that may do no more than the caller.
    UpdateKey: [Manage] on Site = ["Mutation.updateKey"];
    /// Give an API key that may do no more than the caller a new secret.
    RotateKey: [Manage] on Site = ["Mutation.rotateKey"];
    /// Take an API key back.
    RevokeKey: [Manage] on Site = ["Mutation.revokeKey"];
    /// Mint a token for a frontend: it may do no more than the key; to name a user, the key needs impersonate, too.
    CreateClientToken: [MintLog MintQuery] on Site = ["Mutation.createClientToken",
        "POST /v4/auth/login/profile", "POST /uauth/v2/auth/login/profile", "GET /v4/auth/refresh/profile",
        "POST /sauth/v3/auth/login/client/anonymous", "POST /sauth/v3/auth/refresh/client"];
    /// Mint a token for one of Synerise's clients, and keep which ids are its; the key needs impersonate, too.
    LogInClient: [MintLog] on Site = ["POST /v4/auth/login/client", "POST /sauth/v2/auth/login/client",
        "POST /sauth/v3/auth/login/client"];
    /// Mint Coveo's token for a search page, which logs; to name a user, the key needs impersonate, too.
    CreateSearchToken: [MintLog] on Site = ["POST /rest/search/v2/token"];
    /// Have networks asked what they say about pages.
    TrackUrls: [Manage] on Site = ["Mutation.trackUrls"];
    /// Have networks not asked about pages any more.
    UntrackUrls: [Manage] on Site = ["Mutation.untrackUrls"];
    /// List the pages that networks are asked about.
    TrackedUrls: [Manage] on Site = ["Query.trackedUrls"];
    /// Push figures of networks; a backend's key alone may.
    PushExternalStats: [Log] on Site = ["Mutation.pushExternalStats"];
    /// Ask how what networks say changed.
    ExternalStats: [Query] on Site = ["Query.externalStats"];
    /// Read the audit log.
    ReadAudit: [Manage] on Sites = ["Query.audit"];
    /// List accounts: all, or as an owner of some sites those with a role there.
    ListAccounts: [Own] on Sites = ["Query.accounts"];
    /// Make an account.
    InviteAccount: [Own] on Organisation = ["Mutation.inviteAccount", "Command.createAccount"];
    /// Make a fresh link by which a password is set.
    RenewInvitation: [Own] on Organisation = ["Mutation.renewInvitation", "Command.linkAccount"];
    /// Give an account a role.
    SetAccountRole: [Own] on Site = ["Mutation.setAccountRole"];
    /// Take a role away from an account.
    RemoveAccountRole: [Own] on Site = ["Mutation.removeAccountRole"];
    /// Let an account in no more, or again.
    DisableAccount: [Own] on Organisation = ["Mutation.disableAccount", "Command.disableAccount"];
    /// See how the server is.
    ReadSystem: [Manage] on Organisation = ["Query.system"];
    /// Set a password by a link, which is good once.
    AcceptLink: [] on Oneself = ["POST /session/accept"];
    /// List sessions: one's own; others are for owners.
    ListSessions: [SignedIn Own] on Oneself = ["Query.sessions"];
    /// End a session: one's own; others are for owners.
    RevokeSession: [SignedIn Own] on Oneself = ["Mutation.revokeSession"];
    /// Change one's password.
    ChangePassword: [SignedIn] on Oneself = ["Mutation.changePassword"];
    /// Begin a second factor.
    EnrolTotp: [SignedIn] on Oneself = ["Mutation.enrolTotp"];
    /// Let the second factor count.
    ConfirmTotp: [SignedIn] on Oneself = ["Mutation.confirmTotp"];
    /// Take the second factor away.
    DisableTotp: [SignedIn] on Oneself = ["Mutation.disableTotp"];
    /// Know how many recovery codes are left.
    CountRecoveryCodes: [SignedIn] on Oneself = ["Query.recoveryCodesLeft"];
    /// Begin a session, by what only its owner knows.
    SignIn: [] on Oneself = ["POST /session/sign-in"];
    /// Know the ways to sign in.
    ListSignInMethods: [] on Sites = ["GET /session/methods"];
    /// Begin a session by an identity provider, which may give roles.
    SignInByProvider: [] on Oneself = ["GET /session/oidc/callback", "GET /session/oidc/start"];
    /// Renew a session, by its refresh token.
    RefreshSession: [] on Oneself = ["POST /session/refresh"];
    /// End the session of a refresh token.
    SignOut: [] on Oneself = ["POST /session/sign-out"];
    /// See the page to which links lead.
    LinkPage: [] on Sites = ["GET /session/link"];
    /// Sign tokens with a new key.
    RotateSigning: [Own] on Organisation = ["Command.rotateSigning"];
    /// List the keys that sign tokens.
    ListSigningKeys: [Own] on Organisation = ["Command.listSigningKeys"];
    /// Know who one is, and what one may do.
    Viewer: [] on Sites = ["Query.viewer"];
    /// Hear that the process answers.
    Healthz: [] on Sites = ["GET /healthz"];
    /// Hear whether the server is ready; how far the mark lags, only from the networks of `--metrics-from`.
    Readyz: [] on Sites = ["GET /readyz"];
    /// Read metrics, from the networks of `--metrics-from` alone.
    Metrics: [] on Sites = ["GET /metrics"];
    /// Learn where Segment's browser library sends to; what it measures of itself is not kept.
    SegmentSettings: [] on Sites = ["GET /v1/projects/{writeKey}/settings", "POST /v1/m"];
    /// Load our script for pages.
    Script: [] on Sites = ["GET /script.js"];
    /// Load the script by which pages log after the manner of click.st.
    ClickstScript: [] on Sites = ["GET /api.js"];
    /// Learn of the visit in which one is, have the browser forget it, and hear that Coveo's format is answered.
    CoveoVisit: [] on Sites = ["GET /{folder:(.*/)?}{version:v1[45]}/analytics/visit",
        "DELETE /{folder:(.*/)?}{version:v1[45]}/analytics/visit",
        "GET /{folder:(.*/)?}{version:v1[45]}/analytics/status",
        "GET /{folder:(.*/)?}{version:v1[45]}/analytics/monitoring/health"];
    /// Learn how much Moesif's middleware is to send, with any key that works.
    MoesifSettings: [] on Sites = ["GET /v1/config", "GET /v1/rules"];
    /// Learn whether a key may send events, as Synerise's clients ask, with any key that works.
    SynerisePermissions: [] on Sites = ["POST /uauth/api-key/permission-check"];
    /// See the web UI, which then asks by itself.
    WebUi: [] on Sites = ["GET /"];
    /// Come in to GraphQL, where each field is judged for itself.
    Graphql: [] on Sites = ["GET /graphql", "POST /graphql"];
}

impl Operation {
    /// Its name, as the audit log has it: that of its first door, or its own where that is a pattern of many.
    #[must_use]
    pub fn name(self) -> &'static str {
        let door = self.doors()[0];
        if door.contains("(?i:") {
            return self.own_name();
        }
        // A path may hold a dot, too.
        let field = door.split_once('.').filter(|_| !door.contains(' '));
        field.map_or(door, |(_, field)| field)
    }

    /// The operation behind a door.
    #[must_use]
    pub fn of_door(door: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.doors().contains(&door))
    }

    /// The operation of this name.
    #[must_use]
    pub fn find(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|one| one.name() == name)
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use super::*;

    #[test]
    fn no_door_leads_to_two_operations() {
        let doors: Vec<_> = Operation::ALL.iter().flat_map(|one| one.doors()).collect();
        let distinct: HashSet<_> = doors.iter().collect();
        assert_eq!(distinct.len(), doors.len());
        for one in Operation::ALL {
            assert_eq!(Operation::find(one.name()), Some(*one));
        }
    }
}
