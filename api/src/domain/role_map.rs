//! Which roles somebody has by what another party says of them.

use serde_json::Value;

use crate::domain::{
    error::{Code, Error, Result},
    role::Role,
};

/// Groups of an identity provider, and the roles that they give here.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct RoleMap(Vec<Entry>);

#[derive(Debug, Clone, PartialEq, Eq)]
struct Entry {
    group: String,
    role: Role,
    site: Option<String>,
}

impl RoleMap {
    /// Reads `admins=ADMIN, shop-team=VIEWER@shop`: group, role and, behind an `@`, the one site where it holds.
    ///
    /// # Errors
    /// `INVALID_ARGUMENT` names the entry that cannot be read.
    pub fn parse(text: &str) -> Result<Self> {
        let entries = text.split(',').map(str::trim).filter(|entry| !entry.is_empty());
        let one = |entry: &str| {
            let bad = |why: &str| {
                let message = format!("“{entry}” {why}; write group=ROLE or group=ROLE@site.");
                Error::new(Code::InvalidArgument, message).at("oidc-roles")
            };
            // A group may hold `=` itself, as a directory's names do.
            let (group, gives) = entry.rsplit_once('=').ok_or_else(|| bad("has no ="))?;
            let (role, site) = gives
                .split_once('@')
                .map_or((gives, None), |(role, site)| (role, Some(site.trim().to_owned())));
            let role = Role::find(role.trim()).ok_or_else(|| bad("names no role"))?;
            let group = group.trim().to_owned();
            Ok(Entry { group, role, site })
        };
        entries.map(one).collect::<Result<_>>().map(Self)
    }

    /// Whether it gives no role at all.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// The roles of who is in `groups`, each with the name of its site: the highest for each.
    #[must_use]
    pub fn roles(&self, groups: &[String]) -> Vec<(Option<&str>, Role)> {
        let mut roles: Vec<(Option<&str>, Role)> = Vec::new();
        for entry in self.0.iter().filter(|entry| groups.contains(&entry.group)) {
            let site = entry.site.as_deref();
            match roles.iter_mut().find(|(known, _)| *known == site) {
                Some((_, role)) => *role = entry.role.max(*role),
                None => roles.push((site, entry.role)),
            }
        }
        roles
    }
}

/// A claim by its name or by a dotted path. A claim may have dots in its name, as URLs do.
#[must_use]
pub fn claim<'a>(claims: &'a Value, path: &str) -> Option<&'a Value> {
    claims
        .get(path)
        .or_else(|| path.split('.').try_fold(claims, |value, name| value.get(name)))
}

/// The groups that a claim names: a text or a list of texts, found by a dotted path such as `realm_access.roles`.
#[must_use]
pub fn groups(claims: &Value, path: &str) -> Vec<String> {
    match claim(claims, path) {
        Some(Value::String(text)) => vec![text.clone()],
        Some(Value::Array(list)) => list.iter().filter_map(Value::as_str).map(str::to_owned).collect(),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn groups_give_the_highest_role_for_each_site() {
        let map = RoleMap::parse("staff=viewer, cn=admins=ADMIN, shop=ANALYST@shop, lead=admin@shop,").expect("a map");
        let roles = |groups: &[&str]| {
            let groups: Vec<_> = groups.iter().map(|group| (*group).to_owned()).collect();
            map.roles(&groups)
                .into_iter()
                .map(|(site, role)| (site.unwrap_or("*").to_owned(), role))
                .collect::<Vec<_>>()
        };
        assert_eq!(roles(&[]), []);
        assert_eq!(roles(&["Staff", "admins"]), [], "names are taken as they are");
        assert_eq!(roles(&["staff", "cn=admins"]), [("*".to_owned(), Role::Admin)]);
        assert_eq!(
            roles(&["shop", "lead", "staff"]),
            [("*".to_owned(), Role::Viewer), ("shop".to_owned(), Role::Admin)]
        );
        let boss = RoleMap::parse("boss=owner@shop").expect("a map");
        assert_eq!(boss.roles(&["boss".to_owned()]), [(Some("shop"), Role::Owner)]);
        for text in ["staff", "staff=king", "staff="] {
            let error = RoleMap::parse(text).expect_err(text);
            assert_eq!(error.path.as_deref(), Some("oidc-roles"));
        }
        assert!(RoleMap::parse(" , ").expect("nothing").is_empty());
    }

    #[test]
    fn a_claim_is_found_by_its_name_or_its_path() {
        let claims = json!({
            "roles": ["a", 1, "b"], "group": "c", "realm_access": {"roles": ["d"]}, "https://x.example/roles": ["e"],
        });
        assert_eq!(groups(&claims, "roles"), ["a", "b"]);
        assert_eq!(groups(&claims, "group"), ["c"]);
        assert_eq!(groups(&claims, "realm_access.roles"), ["d"]);
        assert_eq!(groups(&claims, "https://x.example/roles"), ["e"]);
        assert!(groups(&claims, "realm_access.groups").is_empty());
        assert!(groups(&claims, "realm_access").is_empty());
    }
}
