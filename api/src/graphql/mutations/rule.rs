//! Changing allow and deny lists.

use async_graphql::{Context, ID, InputObject, MaybeUndefined, Object, Result, SimpleObject};
use jiff::Timestamp;

use crate::{
    domain::{
        error::{self, Code, Error},
        rule::{Definition, Pattern},
        zone,
    },
    graphql::{
        context::ContextExt,
        error::UserError,
        objects::rule::{Rule, RuleList, RuleTarget},
        scalar::DateTime,
    },
    service::rule::{Changes, Counted},
};

/// What a rule says.
#[derive(InputObject)]
pub(in crate::graphql) struct RuleInput {
    /// The list that it is on.
    list: RuleList,
    /// What it looks at.
    target: RuleTarget,
    /// What it matches, at most 512 characters. For texts: the text itself, or a glob in which `*` stands for any run of
    /// characters, also `/` and `.`; every other character, `?` among them, stands for itself, upper and lower case are
    /// told apart. For IP: an address, or a block such as `192.0.2.0/24` or `2001:db8::/32`. For BOT: `true` or `false`.
    pattern: String,
    /// Why it is there, at most 1,024 characters; shown only to those who manage the site.
    note: Option<String>,
    /// Whether it is on.
    #[graphql(default = true)]
    enabled: bool,
    /// Whether it only counts what it matches, and refuses nothing.
    #[graphql(default = false)]
    shadow: bool,
    /// When it stops by itself; left out, never.
    expires_at: Option<DateTime>,
}

impl RuleInput {
    pub(in crate::graphql) fn read(self) -> error::Result<Definition> {
        let target = self.target.into();
        Ok(Definition {
            list: self.list.into(),
            target,
            pattern: Pattern::parse(target, &self.pattern)?,
            note: self.note.filter(|note| !note.is_empty()),
            enabled: self.enabled,
            shadow: self.shadow,
            expires: self.expires_at.map(|time| expiry(&time)).transpose()?,
        })
    }
}

fn expiry(time: &DateTime) -> error::Result<Timestamp> {
    time.nanoseconds("expiresAt").map(zone::timestamp)
}

/// A rule to be added.
#[derive(InputObject)]
struct CreateRuleInput {
    /// The site; may be left out where the caller's key has one.
    site: Option<String>,
    /// What it says.
    rule: RuleInput,
}

/// Rules to be added.
#[derive(InputObject)]
struct CreateRulesInput {
    /// The site; may be left out where the caller's key has one.
    site: Option<String>,
    /// What they say, at most 1,000.
    rules: Vec<RuleInput>,
}

/// What is to be changed of a rule; what is left out stays as it is. For another list or target make another rule.
#[derive(InputObject)]
struct UpdateRuleInput {
    /// The rule.
    id: ID,
    /// What it matches.
    pattern: Option<String>,
    /// Why it is there; null takes the note away.
    note: MaybeUndefined<String>,
    /// Whether it is on.
    enabled: Option<bool>,
    /// Whether it only counts.
    shadow: Option<bool>,
    /// When it stops by itself; null means never.
    expires_at: MaybeUndefined<DateTime>,
}

impl UpdateRuleInput {
    fn read(self) -> error::Result<(ID, Changes)> {
        let expires = match self.expires_at {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(time) => Some(Some(expiry(&time)?)),
        };
        let note = match self.note {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Null => Some(None),
            MaybeUndefined::Value(note) => Some(Some(note).filter(|note| !note.is_empty())),
        };
        let changes = Changes {
            pattern: self.pattern,
            note,
            enabled: self.enabled,
            shadow: self.shadow,
            expires,
        };
        Ok((self.id, changes))
    }
}

/// What a change of a list did.
#[derive(SimpleObject)]
struct RulePayload {
    /// The rule as it is now, or as it was when it was deleted; none where nothing was changed.
    rule: Option<Rule>,
    /// Why nothing was changed.
    error: Option<UserError>,
}

impl RulePayload {
    /// Failures that a caller is to expect are data.
    fn new(ctx: &Context<'_>, changed: error::Result<Counted>) -> Result<Self> {
        match changed {
            Ok(rule) => Ok(Self {
                rule: Some(rule.into()),
                error: None,
            }),
            Err(error) if is_expected(&error) => Ok(Self {
                rule: None,
                error: Some((&error).into()),
            }),
            Err(error) => Err(ctx.fail(error)),
        }
    }
}

/// What adding several rules did.
#[derive(SimpleObject)]
struct RulesPayload {
    /// The rules, in order; none where nothing was changed.
    rules: Vec<Rule>,
    /// Why nothing was changed.
    error: Option<UserError>,
}

fn is_expected(error: &Error) -> bool {
    matches!(
        error.code,
        Code::InvalidPattern
            | Code::InvalidTime
            | Code::InvalidText
            | Code::TooLong
            | Code::AlreadyExists
            | Code::TooManyRules
            | Code::TooManyItems
            | Code::NotFound
    )
}

#[derive(Default)]
pub(in crate::graphql) struct RuleMutation;

#[Object]
impl RuleMutation {
    /// Adds a rule to the site's allow or deny list. It holds for the very next event on every instance. Try it with
    /// `previewRule` first, or with `shadow: true`.
    async fn create_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rule.")] input: CreateRuleInput,
    ) -> Result<RulePayload> {
        let create = async {
            let definition = input.rule.read().map_err(|error| error.below("rule"))?;
            ctx.services()
                .create_rule(ctx.caller(), input.site.as_deref(), definition)
                .await
                .map_err(|error| match error.path.as_deref() {
                    Some("pattern" | "note") => error.below("rule"),
                    _ => error,
                })
        };
        let created: error::Result<Counted> = create.await;
        RulePayload::new(ctx, created.map_err(|error| error.below("input")))
    }

    /// Adds rules to the site's lists: all of them, or none where one cannot be added.
    async fn create_rules(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "The rules.")] input: CreateRulesInput,
    ) -> Result<RulesPayload> {
        let create = async {
            let read = |(index, rule): (usize, RuleInput)| {
                rule.read().map_err(|error| error.below(&format!("rules[{index}]")))
            };
            let definitions = input
                .rules
                .into_iter()
                .enumerate()
                .map(read)
                .collect::<error::Result<_>>()?;
            ctx.services()
                .create_rules(ctx.caller(), input.site.as_deref(), definitions)
                .await
        };
        let created: error::Result<Vec<Counted>> = create.await;
        match created.map_err(|error| error.below("input")) {
            Ok(rules) => Ok(RulesPayload {
                rules: rules.into_iter().map(Rule::from).collect(),
                error: None,
            }),
            Err(error) if is_expected(&error) => Ok(RulesPayload {
                rules: Vec::new(),
                error: Some((&error).into()),
            }),
            Err(error) => Err(ctx.fail(error)),
        }
    }

    /// Changes a rule; its hits stay. The change holds for the very next event on every instance.
    async fn update_rule(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "What is to be changed.")] input: UpdateRuleInput,
    ) -> Result<RulePayload> {
        let update = async {
            let (id, changes) = input.read()?;
            ctx.services().update_rule(ctx.caller(), &id, changes).await
        };
        let updated: error::Result<Counted> = update.await;
        RulePayload::new(ctx, updated.map_err(|error| error.below("input")))
    }

    /// Deletes a rule and its hits.
    async fn delete_rule(&self, ctx: &Context<'_>, #[graphql(desc = "The rule's id.")] id: ID) -> Result<RulePayload> {
        RulePayload::new(ctx, ctx.services().delete_rule(ctx.caller(), &id).await)
    }
}
