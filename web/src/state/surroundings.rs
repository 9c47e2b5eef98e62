//! Where somebody is and what they may do there: the account, the sites, the site of the address.

use std::time::Duration;

use leptos::prelude::*;
use leptos_router::hooks::{use_location, use_query_map};

use crate::{
    api::{
        client::{Client, use_client},
        failure::Failure,
        viewer::{Account, Site, Surroundings, rights, surroundings},
    },
    browser::escape,
    components::load::{Answer, again},
    route::{self, Page},
};

/// How soon what did not come is asked for again.
const AGAIN: Duration = Duration::from_secs(3);

/// The account and the sites, and which of them the address is about.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    account: StoredValue<Option<Account>>,
    sites: RwSignal<Vec<Site>>,
    site: Memo<Option<Site>>,
    /// The site that the address was last about.
    last: Memo<Option<Site>>,
    may: Memo<Option<Vec<String>>>,
    /// The time zone that the address names.
    zone: Memo<Option<String>>,
}

/// Where the person is.
pub(crate) fn use_place() -> Place {
    expect_context()
}

impl Place {
    /// Offers the place to everything inside the shell, and asks what may be done there whenever the site changes.
    pub(crate) fn provide(found: Surroundings) -> Self {
        let path = use_location().pathname;
        let sites = RwSignal::new(found.sites);
        let site = Memo::new(move |_| {
            let name = path.with(|path| route::site_of(path))?;
            sites.with(|sites| sites.iter().find(|site| site.name == name).cloned())
        });
        let query = use_query_map();
        let client = use_client();
        let name = Memo::new(move |_| site.get().map(|site| site.name));
        let asked = Answer::new(move || {
            let name = name.get();
            async move { client.ask(rights(name)).await }
        });
        // Without it nothing is offered: where it did not come, it is asked for again.
        Effect::new(move || {
            if let Some(Err(_)) = asked.get() {
                again(AGAIN, Callback::new(move |()| asked.refetch()));
            }
        });
        let place = Self {
            account: StoredValue::new(found.viewer.account),
            sites,
            site,
            last: Memo::new(move |before: Option<&Option<Site>>| site.get().or_else(|| before.cloned().flatten())),
            may: Memo::new(move |_| asked.get().and_then(Result::ok).map(|rights| rights.viewer.may)),
            zone: Memo::new(move |_| query.with(|query| query.get("zone"))),
        };
        provide_context(place);
        place
    }

    /// The account, which is there for whoever signs in.
    pub(crate) fn account(self) -> Option<Account> {
        self.account.get_value()
    }

    /// The e-mail address of the account.
    pub(crate) fn email(self) -> String {
        self.account().map(|account| account.email).unwrap_or_default()
    }

    /// The sites that the person sees, by name.
    pub(crate) fn sites(self) -> Vec<Site> {
        self.sites.get()
    }

    /// The names of the first sites that pass, no more than so many.
    pub(crate) fn sites_where(self, passes: impl Fn(&str) -> bool, most: usize) -> Vec<String> {
        self.sites.with(|sites| {
            let names = sites.iter().map(|site| &site.name);
            names.filter(|name| passes(name)).take(most).cloned().collect()
        })
    }

    /// Asks for the sites anew, where one was made or changed.
    pub(crate) async fn refresh(self, client: Client) -> Result<(), Failure> {
        let found = client.ask(surroundings()).await?;
        self.sites.set(found.sites);
        Ok(())
    }

    /// The site of the address.
    pub(crate) fn site(self) -> Option<Site> {
        self.site.get()
    }

    /// The site of the address; on pages of no site the one before, or the first, so that the ways to its pages stay open.
    pub(crate) fn nearest_site(self) -> Option<Site> {
        self.last
            .get()
            .or_else(|| self.sites.with(|sites| sites.first().cloned()))
    }

    /// Where to begin: the first page that the person sees of the nearest site. None where there is no such.
    pub(crate) fn start(self) -> Option<String> {
        let site = self.nearest_site()?;
        let page = Page::all().find(|page| self.may(page.needs))?;
        Some(page.of(&site.name))
    }

    /// Where a page is, for whoever may see it: of the nearest site, where it is about one. None where there is no such.
    pub(crate) fn way_to(self, page: Page) -> Option<String> {
        if !self.may(page.needs) {
            return None;
        }
        let address = match self.nearest_site() {
            Some(site) => page.of(&site.name),
            None => page.of_no_site()?,
        };
        Some(self.keeping(address))
    }

    /// An address, with the time zone that was chosen: it holds on the next page as well.
    pub(crate) fn keeping(self, address: String) -> String {
        match self.zone.get() {
            Some(zone) => format!("{address}?zone={}", escape(&zone)),
            None => address,
        }
    }

    /// The site of the address at this moment, outside of what follows it.
    pub(crate) fn site_now(self) -> Option<Site> {
        self.site.get_untracked()
    }

    /// The name of the site of the address; pages of a site are only shown where there is one.
    pub(crate) fn site_name(self) -> String {
        self.site.get().map(|site| site.name).unwrap_or_default()
    }

    /// The same at this moment, outside of what follows it.
    pub(crate) fn site_name_now(self) -> String {
        self.site_now().map(|site| site.name).unwrap_or_default()
    }

    /// Whether the person may use a root field, such as `Mutation.createKey`, here. Not before it is known.
    pub(crate) fn may(self, field: &str) -> bool {
        self.may
            .with(|may| may.as_ref().is_some_and(|may| may.iter().any(|one| one == field)))
    }

    /// Whether it is known by now what the person may do here.
    pub(crate) fn is_known(self) -> bool {
        self.may.with(Option::is_some)
    }

    /// Something that only whoever may use a root field here is shown, as soon as that is known.
    pub(crate) fn only<V: IntoView + 'static>(
        self,
        field: &'static str,
        content: impl Fn() -> V + Send + 'static,
    ) -> impl IntoView {
        move || self.may(field).then(|| content().into_any())
    }
}
