//! The pages in one table: their addresses, names, keys and what each needs. The navigation, the search, the keyboard and
//! its help are made from it. No address has a word of the lists by which browsers block requests.

use crate::{
    browser::{escape, unescape},
    text::{Text, shell},
};

/// Where people sign in.
pub(crate) const SIGN_IN: &str = "/sign-in";
/// Where people look after their own account.
pub(crate) const ACCOUNT: &str = "/account";

/// A page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Page {
    /// The last part of its address.
    pub(crate) segment: &'static str,
    /// Whether it is about one site, which is then in its address; else about the organisation.
    of_site: bool,
    /// Its name.
    pub(crate) title: Text,
    /// `g` and this letter go there.
    pub(crate) letter: char,
    /// The root field that it cannot do without.
    pub(crate) needs: &'static str,
}

/// What happens on a site.
const OVERVIEW: Page = page("overview", shell::OVERVIEW, 'o', "Query.find");
/// Events as they arrive.
const LIVE: Page = page("live", shell::LIVE, 'v', "Subscription.eventLogged");
/// Any question to a view.
const EXPLORE: Page = page("explore", shell::EXPLORE, 'x', "Query.views");
/// How many distinct actors there are.
const UNIQUES: Page = page("uniques", shell::UNIQUES, 'u', "Query.unique");
/// Who did something, and what.
const ACTORS: Page = page("actors", shell::ACTORS, 'a', "Query.events");
/// Events one by one.
const RAW: Page = page("raw", shell::EVENTS, 'e', "Query.events");
/// What is let in, and what is not.
const LISTS: Page = page("lists", shell::LISTS, 'l', "Query.rules");
/// The types of tags' keys, and what is in quarantine for one.
const TAGS: Page = page("tags", shell::TAGS, 't', "Query.tagTypes");
/// What became of everything received.
const LEDGER: Page = page("ledger", shell::LEDGER, 'b', "Query.ledger");
/// What is kept ready.
const VIEWS: Page = page("views", shell::VIEWS, 'w', "Query.views");
/// The site's settings.
const SETTINGS: Page = page("settings", shell::SETTINGS, 's', "Mutation.updateSite");
/// Who may come in by a program.
const KEYS: Page = page("keys", shell::KEYS, 'k', "Query.keys");
/// Who may sign in.
const PEOPLE: Page = Page {
    of_site: false,
    ..page("people", shell::PEOPLE, 'p', "Query.accounts")
};
/// Who changed what.
const AUDIT: Page = Page {
    of_site: false,
    ..page("audit", shell::AUDIT, 'h', "Query.audit")
};

/// How the server is.
const SYSTEM: Page = Page {
    of_site: false,
    ..page("system", shell::SYSTEM_PAGE, 'y', "Query.system")
};

/// GraphQL by hand.
const PLAYGROUND: Page = Page {
    of_site: false,
    ..page("playground", shell::PLAYGROUND, 'q', "Query.viewer")
};

/// Where a site begins.
const START: Page = OVERVIEW;

/// A heading of the navigation with its pages.
pub(crate) struct Group {
    /// The heading.
    pub(crate) title: Text,
    /// The pages below it.
    pub(crate) pages: &'static [Page],
}

/// The pages of a site, as the navigation shows them.
pub(crate) const GROUPS: &[Group] = &[
    Group {
        title: shell::GROUP_SEE,
        pages: &[OVERVIEW, LIVE, EXPLORE, UNIQUES, ACTORS, RAW],
    },
    Group {
        title: shell::GROUP_LET_IN,
        pages: &[LISTS, TAGS, LEDGER],
    },
    Group {
        title: shell::GROUP_SET_UP,
        pages: &[VIEWS, SETTINGS, KEYS],
    },
    Group {
        title: shell::GROUP_ORGANISATION,
        pages: &[PEOPLE, AUDIT, SYSTEM, PLAYGROUND],
    },
];

/// The sign-in page that leads back to an address.
pub(crate) fn sign_in_for(path: &str, search: &str) -> String {
    if path == "/" {
        return SIGN_IN.to_owned();
    }
    let search = search.trim_start_matches('?');
    let here = if search.is_empty() {
        path.to_owned()
    } else {
        format!("{path}?{search}")
    };
    format!("{SIGN_IN}?next={}", escape(&here))
}

const fn page(segment: &'static str, title: Text, letter: char, needs: &'static str) -> Page {
    Page {
        segment,
        of_site: true,
        title,
        letter,
        needs,
    }
}

impl Page {
    /// Every page, in the order of the navigation.
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        GROUPS.iter().flat_map(|group| group.pages.iter().copied())
    }

    /// Its address, for a site where it is about one.
    pub(crate) fn of(self, site: &str) -> String {
        if !self.of_site {
            return format!("/{}", self.segment);
        }
        format!("/s/{}/{}", escape(site), self.segment)
    }

    /// Its address where there is no site; none where it is about one.
    pub(crate) fn of_no_site(self) -> Option<String> {
        (!self.of_site).then(|| self.of(""))
    }
}

/// The address of a site's settings.
pub(crate) fn settings_of(site: &str) -> String {
    SETTINGS.of(site)
}

/// The address of a site's views, and of the scopes.
pub(crate) fn views_of(site: &str) -> String {
    VIEWS.of(site)
}

/// The name of the site that an address is about.
pub(crate) fn site_of(path: &str) -> Option<String> {
    let (site, _) = path.strip_prefix("/s/")?.split_once('/')?;
    Some(unescape(site))
}

/// The page of an address, where that is in the table.
pub(crate) fn page_of(path: &str) -> Option<Page> {
    let segment = match path.strip_prefix("/s/") {
        Some(rest) => rest.split('/').nth(1),
        None => path.strip_prefix('/'),
    };
    let of_site = path.starts_with("/s/");
    Page::all().find(|page| page.of_site == of_site && Some(page.segment) == segment)
}

/// The same page of another site; the first page where the address is of no site.
pub(crate) fn on_site(path: &str, site: &str) -> String {
    let segment = path.strip_prefix("/s/").and_then(|rest| rest.split('/').nth(1));
    let page = Page::all().find(|page| Some(page.segment) == segment).unwrap_or(START);
    page.of(site)
}
