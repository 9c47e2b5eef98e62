//! Budgets: what callers may use up of the server, each in units of its own that come back over time.

use std::{
    sync::{
        Arc,
        atomic::{AtomicU8, AtomicU64, Ordering},
    },
    time::Duration,
};

use crate::domain::{
    error::{Code, Error, whole_seconds},
    operation::Operation,
    period::Span,
    permission::Permission,
    role::Right,
    zone::DAY,
};

/// What is charged apart, so that a flood of one kind leaves the others alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Budget {
    /// Logging: one unit for each event.
    Log,
    /// Logging from one address by what many hold, a public key or a client token: one unit for each event.
    Visitor,
    /// Asking: units by what a question costs.
    Query,
    /// Deleting and restoring: one unit for each id, [`cost::DELETE_BY_FILTER`] for a filter or an actor.
    Delete,
    /// Changing anything else: one unit for each change.
    Manage,
    /// Proving who one is: one unit for each attempt.
    SignIn,
}

impl Budget {
    /// Every budget, in the order in which they are told.
    pub const ALL: [Self; 6] = [
        Self::Log,
        Self::Visitor,
        Self::Query,
        Self::Delete,
        Self::Manage,
        Self::SignIn,
    ];

    /// Its name in headers, in `viewer` and in messages.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Log => "log",
            Self::Visitor => "visitor",
            Self::Query => "query",
            Self::Delete => "delete",
            Self::Manage => "manage",
            Self::SignIn => "sign-in",
        }
    }

    /// What a change is charged to, by the right that it needs; reading is charged to [`Budget::Query`].
    #[must_use]
    pub fn of_change(operation: Operation) -> Self {
        match operation.needs() {
            [Right::Permission(Permission::Log)] => Self::Log,
            [Right::Permission(Permission::Delete)] => Self::Delete,
            _ if operation == Operation::Ping => Self::Log,
            _ => Self::Manage,
        }
    }

    /// The units of a change that are known before its arguments are: those of events and of ids are charged with them.
    #[must_use]
    pub fn units_of_change(operation: Operation) -> u32 {
        u32::from(!matches!(operation, Operation::LogEvents | Operation::DeleteEvents))
    }
}

/// How much there is of a budget: `quota` units at once, which come back evenly within `window`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Limit {
    /// Units.
    pub quota: u32,
    /// The time in which an empty budget is full again.
    pub window: Duration,
}

impl Limit {
    /// So many units, which come back within so many seconds.
    #[must_use]
    pub const fn new(quota: u32, seconds: u64) -> Self {
        Self {
            quota,
            window: Duration::from_secs(seconds),
        }
    }

    /// Units that come back a second.
    #[must_use]
    pub fn per_second(&self) -> f64 {
        f64::from(self.quota) / self.window.as_secs_f64()
    }
}

/// What is left of a budget.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Left {
    /// Which budget.
    pub budget: Budget,
    /// How much there is of it.
    pub limit: Limit,
    /// Whole units that are left.
    pub remaining: u32,
    /// When it is full again.
    pub resets_in: Duration,
}

impl Left {
    /// All of it.
    #[must_use]
    pub const fn all(budget: Budget, limit: Limit) -> Self {
        Self {
            budget,
            limit,
            remaining: limit.quota,
            resets_in: Duration::ZERO,
        }
    }
}

/// What an operation is charged before anything of it runs, and which budgets its answer tells of.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Demand {
    units: [u32; Budget::ALL.len()],
    touched: u8,
}

impl Demand {
    /// Adds units of a budget; none for one that is charged later, where more is known.
    pub fn add(&mut self, budget: Budget, units: u32) {
        let index = budget as usize;
        self.units[index] = self.units[index].saturating_add(units);
        self.touched |= 1 << index;
    }

    /// The budgets that the operation draws on, with the units that are charged at once.
    pub fn parts(self) -> impl Iterator<Item = (Budget, u32)> {
        let touched = move |(index, _): &(usize, Budget)| self.touched & (1 << index) != 0;
        let parts = Budget::ALL.into_iter().enumerate().filter(touched);
        parts.map(move |(index, budget)| (budget, self.units[index]))
    }

    /// This and another together.
    #[must_use]
    pub fn and(mut self, other: Self) -> Self {
        for (budget, units) in other.parts() {
            self.add(budget, units);
        }
        self
    }

    /// Whether the operation draws on a budget.
    #[must_use]
    pub fn draws_on(self, budget: Budget) -> bool {
        self.touched & (1 << (budget as usize)) != 0
    }
}

/// The budgets that one request was charged to so far, or refused for.
#[derive(Debug, Clone, Default)]
pub struct Drawn(Arc<AtomicU8>);

impl Drawn {
    /// Adds a budget.
    pub fn add(&self, budget: Budget) {
        self.0.fetch_or(1 << (budget as u8), Ordering::Relaxed);
    }

    /// What an answer tells of them.
    #[must_use]
    pub fn demand(&self) -> Demand {
        Demand {
            touched: self.0.load(Ordering::Relaxed),
            ..Demand::default()
        }
    }
}

/// What one operation has cost so far, in units of [`Budget::Query`].
#[derive(Debug, Default)]
pub struct Bill(AtomicU64);

impl Bill {
    /// Adds what was charged.
    pub fn add(&self, units: u32) {
        self.0.fetch_add(u64::from(units), Ordering::Relaxed);
    }

    /// The sum.
    #[must_use]
    pub fn total(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

/// The refusal of what a budget no longer holds.
#[must_use]
pub fn used_up(budget: Budget, units: u32, wait: Duration) -> Error {
    let wait = wait.max(Duration::from_millis(1));
    let time = match wait.as_millis() {
        short @ ..1_000 => format!("{short} ms"),
        _ => format!("{} s", whole_seconds(wait)),
    };
    let message = match budget {
        Budget::Log => format!("This caller's rate of logging is used up; try again in {time}."),
        Budget::Visitor => format!(
            "Too many events came from this address; try again in {time}. A server behind a proxy tells addresses apart by \
             --trusted-proxies."
        ),
        Budget::SignIn => format!("Too many attempts to sign in; try again in {time}."),
        Budget::Query | Budget::Delete | Budget::Manage => format!(
            "The budget “{}” is used up: this takes {units} of its units; try again in {time}.",
            budget.name()
        ),
    };
    Error::new(Code::RateLimited, message).retry_after(wait)
}

/// What questions and deletions cost, told from their arguments alone. Each has a bound.
pub mod cost {
    use super::{DAY, Span};

    /// Fields of a document that cost one unit together.
    const FIELDS: usize = 50;
    /// A subscription, besides its fields: it runs for long.
    pub const SUBSCRIPTION: u32 = 10;
    /// A question to a declared view or scope.
    pub const DECLARED: u32 = 1;
    /// What reads raw events, for each day begun.
    pub const RAW_DAY: u32 = 10;
    /// What reads raw events, at most.
    pub const MOST_RAW: u32 = 5_000;
    /// What adds up the ledger, at most.
    pub const MOST_LEDGER: u32 = 100;
    /// Raw events of a page that cost one unit together.
    const PAGE_EVENTS: usize = 10;
    /// A deletion by filter or by actor.
    pub const DELETE_BY_FILTER: u32 = 100;

    /// The fields of a document, begun fifties.
    #[must_use]
    pub fn of_fields(fields: usize) -> u32 {
        u32::try_from(fields.div_ceil(FIELDS).max(1)).unwrap_or(u32::MAX)
    }

    /// What reads every raw event of a span.
    #[must_use]
    pub fn of_raw(span: Span) -> u32 {
        let days = span
            .to
            .saturating_sub(span.from)
            .max(1)
            .div_euclid(DAY)
            .saturating_add(1);
        let days = u32::try_from(days).unwrap_or(u32::MAX);
        days.saturating_mul(RAW_DAY).min(MOST_RAW)
    }

    /// What adds up the ledger of a span: each month begun.
    #[must_use]
    pub fn of_ledger(span: Span) -> u32 {
        let months = span.to.saturating_sub(span.from).max(1).div_euclid(30 * DAY) + 1;
        u32::try_from(months).unwrap_or(u32::MAX).min(MOST_LEDGER)
    }

    /// A page of raw events.
    #[must_use]
    pub fn of_page(events: usize) -> u32 {
        let units = u32::try_from(events / PAGE_EVENTS).unwrap_or(u32::MAX);
        units.clamp(1, MOST_RAW)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn costs_are_known_beforehand_and_bounded() {
        let days = |days: i64| {
            cost::of_raw(Span {
                from: 0,
                to: days * DAY,
            })
        };
        assert_eq!(days(0), 10, "what begins no day is refused later, and not free");
        assert_eq!(cost::of_raw(Span { from: 0, to: 1 }), 10);
        assert_eq!(days(30), 310);
        assert_eq!(days(100_000), cost::MOST_RAW);
        assert_eq!(
            cost::of_raw(Span {
                from: i64::MIN,
                to: i64::MAX
            }),
            cost::MOST_RAW
        );
        assert_eq!([0, 1, 50, 51, 2_000].map(cost::of_fields), [1, 1, 1, 2, 40]);
        assert_eq!([0, 1, 11, 51, 1_001].map(cost::of_page), [1, 1, 1, 5, 100]);
    }

    #[test]
    fn every_change_has_its_budget() {
        assert_eq!(Budget::of_change(Operation::LogEvents), Budget::Log);
        assert_eq!(Budget::of_change(Operation::Ping), Budget::Log);
        assert_eq!(Budget::of_change(Operation::RestoreDeletion), Budget::Delete);
        assert_eq!(Budget::of_change(Operation::CreateKey), Budget::Manage);
        assert_eq!(Budget::of_change(Operation::CreateClientToken), Budget::Manage);
        let mut demand = Demand::default();
        demand.add(Budget::Log, 0);
        demand.add(Budget::Manage, 1);
        demand.add(Budget::Manage, 1);
        assert_eq!(
            demand.parts().collect::<Vec<_>>(),
            [(Budget::Log, 0), (Budget::Manage, 2)]
        );
        assert!(demand.draws_on(Budget::Log) && !demand.draws_on(Budget::Query));
        let drawn = Drawn::default();
        assert_eq!(drawn.demand(), Demand::default());
        drawn.clone().add(Budget::Query);
        drawn.add(Budget::Delete);
        let told: Vec<_> = drawn.demand().parts().collect();
        assert_eq!(told, [(Budget::Query, 0), (Budget::Delete, 0)]);
    }
}
