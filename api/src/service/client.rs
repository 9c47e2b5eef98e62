//! Clients as Synerise knows them: by a uuid, an id of the customer's own, an e-mail address or a number, of which all that
//! come together are one actor's.

use std::{
    collections::{BTreeSet, HashMap},
    net::IpAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use jiff::tz::TimeZone;
use quick_cache::sync::Cache;
use ring::digest::{SHA1_FOR_LEGACY_USE_ONLY, digest};
use serde_json::{Map, Value};

use super::{
    Services,
    client_token::{MintedToken, NewToken},
    ingest::kept_address,
};
use crate::{
    clock,
    domain::{
        caller::{Caller, Identity},
        client_token::{ClientClaims, LONGEST_LIFE},
        error::{Code, Error, Result},
        hash::Hash,
        key::{Permission, Permissions},
        operation::Operation,
        profile::{Message, NewProfile, ProfileKind},
        rate::Budget,
        site::Site,
    },
    store::profile,
};

/// Clients remembered: some 10 MB.
const MOST_KNOWN: usize = 50_000;
/// How long they are remembered without being looked up again.
const LONGEST_KNOWN: Duration = Duration::from_secs(60);
/// How often an actor may have become another's name.
const MOST_JOINED: usize = 16;
/// How long a token of a login holds.
const LIFE: Duration = Duration::from_secs(60 * 60);

/// What names a client; there is at least one.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct ClientIds {
    /// Its uuid, which goes before all others.
    pub uuid: Option<String>,
    /// What its site calls it.
    pub custom_id: Option<String>,
    /// Its e-mail address.
    pub email: Option<String>,
    /// Its number.
    pub number: Option<i64>,
}

impl ClientIds {
    /// Whether nothing names it.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        *self == Self::default()
    }

    /// The e-mail address as addresses are compared.
    fn address(&self) -> Option<String> {
        self.email.as_deref().map(str::to_lowercase)
    }

    /// The ids under which an actor is looked for, the first that somebody has first. A number has a prefix, as it is
    /// another id than the same number of the customer's own.
    fn names(&self) -> impl Iterator<Item = String> {
        let number = self.number.map(|number| format!("id:{number}"));
        let names = [self.uuid.clone(), self.custom_id.clone(), self.address(), number];
        names.into_iter().flatten()
    }

    /// By what it is remembered.
    fn key(&self, services: &Services, site: i64) -> Hash {
        let text = |text: &Option<String>| text.clone().unwrap_or_else(|| "\0".to_owned());
        let (uuid, custom, email) = (text(&self.uuid), text(&self.custom_id), text(&self.email));
        let (site, number) = (site.to_le_bytes(), format!("{:?}", self.number));
        let parts: [&[u8]; 6] = [
            b"client",
            &site,
            uuid.as_bytes(),
            custom.as_bytes(),
            email.as_bytes(),
            number.as_bytes(),
        ];
        services.hasher.hash(&parts)
    }
}

/// The clients of one request.
#[derive(Debug, Default)]
pub struct Named {
    /// The actor that each is, in order.
    pub actors: Vec<String>,
    /// What is to be said of them, where that is new.
    pub said: Vec<Message>,
    /// By what they are remembered once that is said.
    keys: Vec<(Hash, String)>,
    /// Ids that are other names from then on, with whose.
    joined: Vec<(Hash, String)>,
}

/// What parameters that the system sets tell: where an event belongs, and where it came from.
#[derive(Debug, Clone)]
pub struct Surroundings {
    /// The site's name.
    pub site: String,
    /// The site's zone.
    pub time_zone: TimeZone,
    /// As much of the connection's address as the site keeps.
    pub address: Option<IpAddr>,
}

/// Clients of whom everything is said.
pub(super) struct Clients {
    /// The actor of each, and since when it is remembered.
    known: Cache<Hash, (Arc<str>, Instant)>,
    /// Whose other names ids became meanwhile.
    joined: Cache<Hash, Arc<str>>,
}

impl Default for Clients {
    fn default() -> Self {
        Self {
            known: Cache::new(MOST_KNOWN),
            joined: Cache::new(MOST_KNOWN),
        }
    }
}

impl Clients {
    /// The actor of a client, as far as this process knows: what another joins is seen a minute later.
    fn actor(&self, services: &Services, site: i64, key: &Hash) -> Option<String> {
        let (mut actor, since) = self.known.get(key)?;
        if since.elapsed() > LONGEST_KNOWN {
            return None;
        }
        // Each is joined to another at most; a ring would be somebody else's mistake.
        for _ in 0..MOST_JOINED {
            match self.joined.get(&joined_key(services, site, &actor)) {
                Some(next) => actor = next,
                None => break,
            }
        }
        Some(actor.to_string())
    }
}

fn joined_key(services: &Services, site: i64, id: &str) -> Hash {
    services
        .hasher
        .hash(&[b"joined client", &site.to_le_bytes(), id.as_bytes()])
}

/// What is known of the ids of one request, those among them that its earlier clients joined.
struct Owners {
    found: Arc<HashMap<String, String>>,
    joined: HashMap<String, String>,
}

impl Owners {
    fn of(&self, name: &str) -> Option<&str> {
        let owner = self.joined.get(name).or_else(|| self.found.get(name))?;
        Some(self.root(owner))
    }

    /// Whoever an actor is by now.
    fn root<'a>(&'a self, mut actor: &'a str) -> &'a str {
        // Nobody becomes its own other name; a ring must not hold the server up all the same.
        for _ in 0..=self.joined.len() {
            match self.joined.get(actor) {
                Some(next) => actor = next,
                None => break,
            }
        }
        actor
    }

    /// Makes an id, and whoever it was another name of before, another name of an actor; gives whether that is new.
    fn join(&mut self, name: &str, actor: &str) -> bool {
        let before = self.of(name).map(str::to_owned);
        if name == actor || before.as_deref() == Some(actor) {
            return false;
        }
        // Whoever it was another name of before is the same as well from now on.
        for id in before.into_iter().chain([name.to_owned()]) {
            self.joined.insert(id, actor.to_owned());
        }
        true
    }
}

impl Services {
    /// The site that a caller means, as far as events tell of it; none where it means none.
    #[must_use]
    pub fn surroundings(&self, caller: &Caller) -> Option<Surroundings> {
        let site = self.registry.current().site(caller, None).ok()?;
        Some(Surroundings {
            site: site.name.clone(),
            time_zone: site.time_zone.clone(),
            address: kept_address(&site, caller.address),
        })
    }

    /// The actors that clients are, in order, and what joins their ids.
    ///
    /// # Errors
    /// No permission, an unknown site, or whatever the database says.
    pub async fn name_clients(&self, caller: &Caller, clients: &[&ClientIds]) -> Result<Named> {
        let site = self.registry.current().admit(caller, Operation::KeepProfiles, None)?;
        let mut known: HashMap<&ClientIds, (Hash, Option<String>)> = HashMap::new();
        for ids in clients {
            known.entry(ids).or_insert_with(|| {
                let key = ids.key(self, site.id);
                (key, self.clients.actor(self, site.id, &key))
            });
        }
        let unknown = known.iter().filter(|(_, (_, actor))| actor.is_none());
        let names: BTreeSet<String> = unknown.flat_map(|(ids, _)| ids.names()).collect();
        let mut owners = Owners {
            found: Arc::default(),
            joined: HashMap::new(),
        };
        if !names.is_empty() {
            let names = names.into_iter().chain(caller.username().map(str::to_owned));
            owners.found = self.owners_of(site.id, names.collect()).await?;
        }
        let mut named = Named::default();
        for ids in clients {
            let actor = match known.get(ids) {
                Some((_, Some(actor))) => owners.root(actor).to_owned(),
                _ => self.name_client(caller, &site, ids, &mut owners, &mut named.said),
            };
            named.actors.push(actor);
        }
        for (ids, actor) in clients.iter().zip(&named.actors) {
            // What a token calls its user is not what all others do.
            if let (Some((key, None)), None) = (known.get(ids), caller.username()) {
                named.keys.push((*key, owners.root(actor).to_owned()));
            }
        }
        let joined = owners.joined.iter();
        named.joined = joined
            .map(|(id, actor)| (joined_key(self, site.id, id), actor.clone()))
            .collect();
        Ok(named)
    }

    fn name_client(
        &self,
        caller: &Caller,
        site: &Site,
        ids: &ClientIds,
        owners: &mut Owners,
        said: &mut Vec<Message>,
    ) -> String {
        let names: Vec<String> = ids.names().collect();
        let owner = |name: &String| owners.of(name).map(str::to_owned);
        let actor = match (&ids.uuid, names.iter().find_map(owner), ids.address()) {
            (Some(uuid), ..) => owner(uuid).unwrap_or_else(|| uuid.clone()),
            (None, Some(owner), _) => owner,
            (None, None, Some(address)) => self.uuid_of(site.id, &address),
            (None, None, None) => names.first().cloned().unwrap_or_default(),
        };
        // Whoever goes by a name that is another's by now is that other.
        let actor = owners.root(&actor).to_owned();
        // The same text may be there twice, as an e-mail address that the customer numbers clients by.
        let fresh: Vec<String> = names.into_iter().filter(|name| owners.join(name, &actor)).collect();
        for name in &fresh {
            said.push(Message::Alias {
                previous: name.clone(),
                actor: actor.clone(),
            });
        }
        let traits = [
            ("email", &ids.email, ids.address()),
            ("customId", &ids.custom_id, ids.custom_id.clone()),
        ];
        let traits: Map<String, Value> = traits
            .into_iter()
            .filter(|(_, _, name)| name.as_ref().is_some_and(|name| fresh.contains(name)))
            .filter_map(|(name, text, _)| Some((name.to_owned(), text.clone()?.into())))
            .collect();
        if !traits.is_empty() {
            let new = NewProfile {
                name: actor.clone(),
                traits: Some(traits.into()),
                ..NewProfile::default()
            };
            said.push(Message::Profile(ProfileKind::User, Box::new(new)));
        }
        // A token goes on to speak for its user under the name that it was minted with.
        match caller.username() {
            Some(user) if owners.of(user) == Some(actor.as_str()) => user.to_owned(),
            _ => actor,
        }
    }

    /// Remembers of whom everything is said.
    pub fn remember_clients(&self, named: &Named) {
        for (id, actor) in &named.joined {
            self.clients.joined.insert(*id, actor.as_str().into());
        }
        let now = Instant::now();
        for (key, actor) in &named.keys {
            self.clients.known.insert(*key, (actor.as_str().into(), now));
        }
    }

    /// The e-mail address that is known of an actor.
    ///
    /// # Errors
    /// As of [`Services::name_clients`].
    pub async fn address_of(&self, caller: &Caller, actor: &str) -> Result<Option<String>> {
        let site = self.registry.current().admit(caller, Operation::KeepProfiles, None)?;
        let tx = self.database.read(self.question.deadline).await?;
        let own = profile::actor_of(&tx, site.id, actor).await?;
        let name = own.as_deref().unwrap_or(actor);
        let known = profile::find(&tx, site.id, ProfileKind::User, name).await?;
        Ok(known.and_then(|known| Some(known.traits.get("email")?.as_str()?.to_owned())))
    }

    /// The uuid that an e-mail address has on a site: version 5, in a namespace of the site's own.
    fn uuid_of(&self, site: i64, address: &str) -> String {
        let namespace = self.hasher.hash(&[b"client namespace", &site.to_le_bytes()]);
        let hashed = digest(
            &SHA1_FOR_LEGACY_USE_ONLY,
            &[&namespace[..], address.as_bytes()].concat(),
        );
        let mut bytes = [0; 16];
        bytes.copy_from_slice(&hashed.as_ref()[..16]);
        uuid::Builder::from_sha1_bytes(bytes).into_uuid().to_string()
    }

    /// Mints the token of a backend for an hour: it may do what the key may that it is minted by, as far as it logs and asks.
    ///
    /// # Errors
    /// `RATE_LIMITED`; as of [`Services::create_client_token`].
    pub async fn log_in_workspace(&self, caller: &Caller) -> Result<MintedToken> {
        self.charge_login(caller)?;
        let claims = ClientClaims {
            workspace: true,
            ..ClientClaims::default()
        };
        self.mint_login(caller, Operation::CreateClientToken, claims).await
    }

    /// Mints the token of one client for an hour, and gives what is to be said of it. Who it is is vouched for by the key,
    /// which needs to be allowed to impersonate.
    ///
    /// # Errors
    /// As of [`Services::log_in_workspace`].
    pub async fn log_in_client(
        &self,
        caller: &Caller,
        ids: &ClientIds,
        device: Option<String>,
    ) -> Result<(MintedToken, Named)> {
        self.charge_login(caller)?;
        caller.permit(Operation::LogInClient)?;
        let named = self.name_clients(caller, &[ids]).await?;
        let claims = ClientClaims {
            username: named.actors.first().cloned(),
            device,
            ..ClientClaims::default()
        };
        let minted = self.mint_login(caller, Operation::LogInClient, claims).await?;
        Ok((minted, named))
    }

    /// Mints the token of a device whose user nobody knows, for an hour.
    ///
    /// # Errors
    /// As of [`Services::log_in_workspace`].
    pub async fn log_in_device(&self, caller: &Caller, device: String) -> Result<MintedToken> {
        self.charge_login(caller)?;
        let claims = ClientClaims {
            device: Some(device),
            ..ClientClaims::default()
        };
        self.mint_login(caller, Operation::CreateClientToken, claims).await
    }

    /// Charges a login before anything of it runs, as whatever mints a token is charged.
    fn charge_login(&self, caller: &Caller) -> Result<()> {
        self.rates.charge(caller, Budget::Manage, 1)
    }

    async fn mint_login(&self, caller: &Caller, operation: Operation, claims: ClientClaims) -> Result<MintedToken> {
        let wanted = [Permission::Log, Permission::Query].into_iter();
        let permissions: Permissions = wanted.filter(|one| caller.permissions().has(*one)).collect();
        let until = clock::now().checked_add(LONGEST_LIFE).map_err(Error::internal)?;
        let claims = ClientClaims {
            renewable_until: Some(until.as_second()),
            ..claims
        };
        let new = NewToken {
            permissions,
            life: Some(LIFE),
            claims,
            ..NewToken::default()
        };
        self.mint_for_frontend(caller, operation, new).await
    }

    /// Mints a token like the caller's, which is a backend's, for another hour, and for no longer than a day after its login.
    ///
    /// # Errors
    /// `UNAUTHENTICATED` for a caller without a token, or with one whose login is a day ago; `FORBIDDEN` for a token that no
    /// login of a backend gave; as of [`Services::create_client_token`].
    pub async fn renew_workspace(&self, caller: &Caller) -> Result<MintedToken> {
        self.renew_login(caller, true).await
    }

    /// Mints a token like the caller's, which is a client's or a device's, as [`Services::renew_workspace`] does. It takes a
    /// key that is good for the same site.
    ///
    /// # Errors
    /// `FORBIDDEN` for a keeper that is no key, may not mint or is of another site; as of [`Services::renew_workspace`].
    pub async fn renew_client(&self, keeper: &Caller, caller: &Caller) -> Result<MintedToken> {
        // The token itself is in its client's hands: as its own keeper it would go on without the key.
        if !matches!(keeper.identity, Identity::Key(_)) {
            let message = "A client's token is renewed with an API key beside it, and nothing else in its place.";
            return Err(Error::new(Code::Forbidden, message).at("apiKey"));
        }
        let permitted = keeper.permit(Operation::CreateClientToken);
        permitted.map_err(|error| error.at("apiKey"))?;
        if keeper.own_site().is_some_and(|site| caller.own_site() != Some(site)) {
            let message = "The key is not of the site that the token is for.";
            return Err(Error::new(Code::Forbidden, message).at("apiKey"));
        }
        self.renew_login(caller, false).await
    }

    async fn renew_login(&self, caller: &Caller, workspace: bool) -> Result<MintedToken> {
        let Some(token) = caller.token() else {
            let message = "A token is renewed by sending it: `Authorization: Bearer <token>`.";
            return Err(Error::new(Code::Unauthenticated, message));
        };
        self.charge_login(caller)?;
        if token.claims.workspace != workspace {
            // A client's is in other people's hands, and must not go on without the key.
            let message = "A client's token is renewed with the API key beside it, a backend's by itself.";
            return Err(Error::new(Code::Forbidden, message));
        }
        let life = token.claims.renewed_life(clock::now(), LIFE)?;
        let own = Caller {
            identity: Identity::Key(token.key.clone()),
            ..caller.clone()
        };
        // A key to all sites renews the token of the one site that it was minted for.
        let configuration = self.registry.current();
        let site = configuration
            .sites
            .get(&token.claims.site)
            .map(|site| site.name.clone());
        let new = NewToken {
            site,
            permissions: token.permissions,
            life: Some(life),
            // They hold until when, too: a renewal does not put its end off.
            claims: token.claims.clone(),
        };
        self.create_client_token(&own, new).await
    }
}
