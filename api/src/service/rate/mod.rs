//! Rates: how much each caller may use up of the server, by budget. A key and an account have theirs; whoever sends
//! neither has that of the network they come from.
//!
//! All but attempts to sign in is judged in memory. Several servers on one database divide each limit among them; see
//! [`share`]. Attempts are counted in the database; see [`attempt`].

mod attempt;
mod bucket;
mod part;
pub(super) mod share;

use std::{
    collections::{HashMap, hash_map::Entry},
    hash::BuildHasher,
    net::{IpAddr, Ipv6Addr},
    sync::{
        Arc, Mutex, PoisonError, RwLock,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use foldhash::fast::{FixedState, RandomState};
use jiff::Timestamp;

use self::bucket::{Bucket, Grant, LEAST_SHARE};
use super::{Services, snapshot::Snapshot};
use crate::{
    clock, config,
    domain::{
        caller::{Caller, Identity},
        error::{Error, Result},
        hash::Hash,
        rate::{Bill, Budget, Demand, Left, Limit, used_up},
    },
};

/// Parts of the memory that are locked apart.
const PARTS: usize = 16;
/// Callers of one part who are remembered at once: some 20 MB in all, however many addresses there are.
const MOST_OF_PART: usize = 8_192;

const MINUTE: u64 = 60;

/// Whose budget it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Subject {
    /// A key's, and that of the tokens it minted.
    Key(i64),
    /// An account's.
    Account(i64),
    /// A network's: one address of IPv4, 64 bits of IPv6.
    Network(IpAddr),
    /// A network's, by a key that it is not alone in holding.
    Visitor(i64, IpAddr),
    /// That of whom somebody claims to be: from one network, or from all of them.
    Claimed(Hash),
}

/// Which budget of whom.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) struct Name {
    pub(super) budget: Budget,
    pub(super) subject: Subject,
}

impl Name {
    /// Its name to other servers.
    fn text(&self) -> String {
        let budget = self.budget.name();
        match &self.subject {
            Subject::Key(id) => format!("{budget}/key/{id}"),
            Subject::Account(id) => format!("{budget}/account/{id}"),
            Subject::Network(address) => format!("{budget}/network/{address}"),
            Subject::Visitor(key, address) => format!("{budget}/visitor/{key}/{address}"),
            Subject::Claimed(hash) => format!("{budget}/claimed/{}", hex::encode(hash)),
        }
    }
}

type Part = RwLock<HashMap<Name, Arc<Bucket>, RandomState>>;

/// What callers have left.
pub struct Rates {
    limits: config::Rate,
    parts: [Part; PARTS],
    chooser: FixedState,
    /// Those used since the shares were last looked at.
    listed: Mutex<Vec<Arc<Bucket>>>,
    /// The share of a server that has no lease, as the bits of a float.
    alike: AtomicU64,
    /// What other servers have used of budgets, as fractions by their names, as of the last round.
    spent: RwLock<HashMap<String, f64>>,
    /// Whether there is any of it: hardly ever, so that hardly anybody looks for it.
    is_spent: AtomicBool,
    /// This server among those that share.
    instance: String,
}

/// What became of a request to log events: how many of them pass, the first ones, and why the others do not.
#[derive(Debug)]
pub struct Passed {
    /// How many pass.
    pub events: usize,
    /// Why the others do not, where there are some.
    pub refused: Option<Error>,
}

impl Rates {
    /// With these limits, and everything left.
    #[must_use]
    pub fn new(limits: config::Rate) -> Self {
        Self {
            limits,
            parts: std::array::from_fn(|_| RwLock::default()),
            chooser: FixedState::default(),
            listed: Mutex::default(),
            alike: AtomicU64::new(1.0_f64.to_bits()),
            spent: RwLock::default(),
            is_spent: AtomicBool::new(false),
            instance: uuid::Uuid::now_v7().simple().to_string(),
        }
    }

    /// The share of a server without a lease.
    fn alike(&self) -> f64 {
        f64::from_bits(self.alike.load(Ordering::Relaxed))
    }

    /// The part of a budget that a server without a lease has: of what others have not used, no more than if all were
    /// alike.
    fn unleased(&self, name: &Name) -> Grant {
        let share = self.alike();
        if !self.is_spent.load(Ordering::Relaxed) {
            return Grant::of(share);
        }
        let spent = self.spent.read().unwrap_or_else(PoisonError::into_inner);
        let left = 1.0 - spent.get(&name.text()).copied().unwrap_or_default();
        let most = share.min(left).max(LEAST_SHARE);
        Grant { share, most }
    }

    /// Whose budget a caller uses, and how much there is of it; none for the command line.
    fn of(&self, caller: &Caller, budget: Budget) -> Option<(Name, Limit)> {
        let limits = &self.limits;
        if budget == Budget::Visitor {
            // What others hold as well must not be used up by one of them.
            let key = caller.key().filter(|_| !caller.is_trusted())?;
            let subject = Subject::Visitor(key.id, network(caller.address));
            return Some((Name { budget, subject }, Limit::new(limits.visitor_events, MINUTE)));
        }
        let (subject, limit) = match &caller.identity {
            Identity::Operator => return None,
            Identity::Key(_) | Identity::Client(_) => {
                let key = caller.key()?;
                let own = key.events_per_second.filter(|_| budget == Budget::Log);
                let limit = own.map_or_else(|| of_known(limits, budget), |own| Limit::new(own.max(1), 1));
                (Subject::Key(key.id), limit)
            }
            Identity::Account(signed_in) => (Subject::Account(signed_in.account.id), of_known(limits, budget)),
            Identity::Anonymous => (Subject::Network(network(caller.address)), of_network(limits)),
        };
        Some((Name { budget, subject }, limit))
    }

    fn part(&self, name: Name) -> &Part {
        // The upper bits: the map uses the lower ones.
        &self.parts[(self.chooser.hash_one(name) >> 32) as usize % PARTS]
    }

    /// The budget, where something of it was used lately.
    fn known(&self, name: Name) -> Option<Arc<Bucket>> {
        let buckets = self.part(name).read().unwrap_or_else(PoisonError::into_inner);
        buckets.get(&name).cloned()
    }

    fn bucket(&self, name: Name, limit: Limit, now: Instant) -> Arc<Bucket> {
        if let Some(known) = self.known(name) {
            return known;
        }
        let mut buckets = self.part(name).write().unwrap_or_else(PoisonError::into_inner);
        if buckets.len() >= MOST_OF_PART {
            self.make_room(&mut buckets, now);
        }
        match buckets.entry(name) {
            Entry::Occupied(known) => known.get().clone(),
            Entry::Vacant(free) => free.insert(Arc::new(Bucket::new(name, limit, now))).clone(),
        }
    }

    /// Forgets the least used of a few: whoever floods from many addresses loses little by it, and gains little.
    fn make_room(&self, buckets: &mut HashMap<Name, Arc<Bucket>, RandomState>, now: Instant) {
        let alike = Grant::of(self.alike());
        let some = buckets
            .iter()
            .take(16)
            .map(|(name, bucket)| (*name, bucket.used(alike, now)));
        if let Some((name, _)) = some.min_by(|(_, one), (_, other)| one.total_cmp(other)) {
            buckets.remove(&name);
        }
    }

    fn charge_name(&self, name: Name, limit: Limit, units: u32, part: bool) -> bucket::Charged {
        let now = Instant::now();
        let bucket = self.bucket(name, limit, now);
        let charged = bucket.charge(limit, units, part, self.unleased(&name), now);
        if charged.fresh {
            self.listed.lock().unwrap_or_else(PoisonError::into_inner).push(bucket);
        }
        charged
    }

    /// Charges units to whoever calls, all of them or none.
    ///
    /// # Errors
    /// `RATE_LIMITED`, saying when to come back.
    pub fn charge(&self, caller: &Caller, budget: Budget, units: u32) -> Result<()> {
        let Some((name, limit)) = self.of(caller, budget).filter(|_| units > 0) else {
            return Ok(());
        };
        caller.drawn.add(budget);
        let charged = self.charge_name(name, limit, units, false);
        if charged.passed < units {
            return Err(used_up(budget, units, charged.wait));
        }
        Ok(())
    }

    /// Charges units to an account that proves itself otherwise than by an access token, all of them or none.
    ///
    /// # Errors
    /// `RATE_LIMITED`, saying when to come back.
    pub(super) fn charge_account(&self, account: i64, budget: Budget, units: u32) -> Result<()> {
        let subject = Subject::Account(account);
        let limit = of_known(&self.limits, budget);
        let charged = self.charge_name(Name { budget, subject }, limit, units, false);
        if charged.passed < units {
            return Err(used_up(budget, units, charged.wait));
        }
        Ok(())
    }

    /// Charges an operation before anything of it runs; gives what it will have cost.
    ///
    /// # Errors
    /// `RATE_LIMITED`, saying when to come back.
    pub fn open(&self, caller: &Caller, demand: Demand) -> Result<Arc<Bill>> {
        let bill = Bill::default();
        for (budget, units) in demand.parts() {
            self.charge(caller, budget, units)?;
            if budget == Budget::Query {
                bill.add(units);
            }
        }
        Ok(Arc::new(bill))
    }

    /// Charges events one after the other: of more than are left the first ones pass. A visitor's are charged to where
    /// they come from before they are to the key.
    #[must_use]
    pub fn charge_events(&self, caller: &Caller, events: usize) -> Passed {
        let mut passed = Passed { events, refused: None };
        for budget in [Budget::Visitor, Budget::Log] {
            let units = u32::try_from(passed.events).unwrap_or(u32::MAX);
            let Some((name, limit)) = self.of(caller, budget).filter(|_| units > 0) else {
                continue;
            };
            caller.drawn.add(budget);
            let charged = self.charge_name(name, limit, units, true);
            if charged.passed < units {
                passed = Passed {
                    events: charged.passed as usize,
                    refused: Some(used_up(budget, 1, charged.wait)),
                };
            }
        }
        passed
    }

    /// Charges a credential that is not valid to where it comes from, or with no units sees whether one could be.
    ///
    /// # Errors
    /// `RATE_LIMITED`, saying when to come back.
    pub fn charge_guess(&self, address: Option<IpAddr>, units: u32) -> Result<()> {
        let (budget, limit) = (Budget::Query, of_network(&self.limits));
        let subject = Subject::Network(network(address));
        let charged = self.charge_name(Name { budget, subject }, limit, units, false);
        if charged.wait > Duration::ZERO {
            return Err(used_up(budget, 1, charged.wait));
        }
        Ok(())
    }

    /// What a caller has left of a budget; none for the command line, which has no limits.
    #[must_use]
    pub fn left(&self, caller: &Caller, budget: Budget) -> Option<Left> {
        let (name, limit) = match budget {
            Budget::SignIn => {
                let subject = Subject::Network(network(caller.address));
                (Name { budget, subject }, attempt::from_network(&self.limits))
            }
            _ => self.of(caller, budget)?,
        };
        // Who only looks is not remembered: anybody may, from any number of addresses.
        let left = self.known(name).map_or_else(
            || Left::all(budget, limit),
            |bucket| bucket.left(limit, self.unleased(&name), Instant::now()),
        );
        Some(left)
    }

    /// Forgets those of whom nothing is used.
    pub fn tidy(&self) {
        let (alike, now) = (Grant::of(self.alike()), Instant::now());
        for part in &self.parts {
            let mut buckets = part.write().unwrap_or_else(PoisonError::into_inner);
            buckets.retain(|_, bucket| !bucket.is_full(alike, now));
            buckets.shrink_to_fit();
        }
    }

    #[cfg(test)]
    fn remembered(&self) -> usize {
        let length = |part: &Part| part.read().unwrap_or_else(PoisonError::into_inner).len();
        self.parts.iter().map(length).sum()
    }
}

impl Services {
    /// What a caller has left, of every budget.
    ///
    /// # Errors
    /// Whatever the database says, which counts attempts to sign in.
    pub async fn rates_left(&self, caller: &Caller) -> Result<Vec<Left>> {
        self.recall_attempts(caller.address).await?;
        let left = |budget| self.rates.left(caller, budget);
        Ok(Budget::ALL.into_iter().filter_map(left).collect())
    }

    /// The present.
    #[must_use]
    pub fn now(&self) -> Timestamp {
        clock::now()
    }

    /// Charges a question to whoever asks it, and puts it on the operation's bill. Called before anything is read.
    ///
    /// # Errors
    /// `RATE_LIMITED`, saying when to come back.
    pub(super) fn charge_question(&self, snapshot: &Snapshot, caller: &Caller, units: u32) -> Result<()> {
        self.rates.charge(caller, Budget::Query, units)?;
        snapshot.bill().add(units);
        Ok(())
    }
}

impl std::fmt::Debug for Rates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Rates(…)")
    }
}

/// The limits of keys and accounts.
fn of_known(limits: &config::Rate, budget: Budget) -> Limit {
    match budget {
        Budget::Log => Limit::new(limits.log_events, 1),
        Budget::Visitor => Limit::new(limits.visitor_events, MINUTE),
        Budget::Query => Limit::new(limits.query_units, MINUTE),
        Budget::Delete => Limit::new(limits.delete_units, MINUTE),
        Budget::Manage => Limit::new(limits.manage_changes, MINUTE),
        Budget::SignIn => attempt::of_account(limits),
    }
}

/// The limits of whoever sends neither.
fn of_network(limits: &config::Rate) -> Limit {
    Limit::new(limits.anonymous_units, MINUTE)
}

/// Whose an address is: of IPv6 the first 64 bits, as whoever has one address has all of them.
#[must_use]
pub fn network(address: Option<IpAddr>) -> IpAddr {
    match address.map(|address| address.to_canonical()) {
        Some(IpAddr::V4(address)) => address.into(),
        Some(IpAddr::V6(address)) => Ipv6Addr::from_bits(address.to_bits() & !u128::from(u64::MAX)).into(),
        None => Ipv6Addr::UNSPECIFIED.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stranger(address: &str) -> Caller {
        Caller {
            identity: Identity::Anonymous,
            address: Some(address.parse().expect("an address")),
            ..Caller::operator()
        }
    }

    fn rates() -> Rates {
        let limits = config::Rate {
            log_events: 100,
            visitor_events: 10,
            query_units: 100,
            delete_units: 100,
            manage_changes: 100,
            anonymous_units: 10,
            sign_in_attempts: 3,
        };
        Rates::new(limits)
    }

    #[test]
    fn addresses_of_one_network_are_one() {
        let of = |address: &str| network(Some(address.parse().expect("an address")));
        assert_eq!(of("2001:db8::1"), of("2001:db8::ffff"));
        assert_ne!(of("2001:db8::1"), of("2001:db8:0:1::1"));
        assert_eq!(of("::ffff:192.0.2.1"), of("192.0.2.1"));
        assert_ne!(of("192.0.2.2"), of("192.0.2.1"));
    }

    #[test]
    fn budgets_are_apart_and_the_command_line_has_none() {
        let rates = rates();
        let (one, mapped) = (stranger("192.0.2.1"), stranger("::ffff:192.0.2.1"));
        for _ in 0..10 {
            rates.charge(&one, Budget::Query, 1).expect("it is left");
        }
        assert!(
            rates.charge(&mapped, Budget::Query, 1).is_err(),
            "it is the same address"
        );
        assert!(rates.charge(&one, Budget::Manage, 1).is_ok());
        assert!(rates.charge(&stranger("192.0.2.2"), Budget::Query, 1).is_ok());
        let operator = Caller::operator();
        assert!(rates.charge(&operator, Budget::Query, u32::MAX).is_ok());
        assert_eq!(rates.charge_events(&operator, 1_000_000).events, 1_000_000);
        assert_eq!(rates.left(&operator, Budget::Log), None);
        assert_eq!(rates.left(&one, Budget::Query).map(|left| left.remaining), Some(0));
    }

    #[test]
    fn a_flood_of_addresses_takes_no_more_memory_and_drives_nobody_out_who_is_over() {
        let rates = rates();
        let (noisy, start) = (stranger("2001:db8:ffff::1"), Instant::now());
        while rates.charge(&noisy, Budget::Query, 1).is_ok() {}
        for network in 0..300_000_u32 {
            let address = format!("2001:db8:{:x}:{:x}::1", network >> 16, network & 0xffff);
            rates.charge(&stranger(&address), Budget::Query, 1).expect("it is new");
        }
        assert!(rates.remembered() <= PARTS * MOST_OF_PART, "{}", rates.remembered());
        // What came back meanwhile passes, however long that took, and no more.
        let passed = std::iter::repeat_with(|| rates.charge(&noisy, Budget::Query, 1))
            .take_while(Result::is_ok)
            .count();
        let back = u64::from(rates.limits.anonymous_units) * (start.elapsed().as_secs() + 1) / MINUTE;
        assert!(
            passed as u64 <= back + 1,
            "its debt is forgotten: {passed} passed, {back} came back"
        );
    }
}
