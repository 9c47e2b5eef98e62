//! Settings of signing in by an identity provider.

use std::path::PathBuf;

use url::{Host, Url};

use super::Config;

/// Signing in by an identity provider.
#[derive(Debug, Clone)]
pub struct Oidc {
    /// The provider; none switches it off.
    pub issuer: Option<Url>,
    /// Our name there.
    pub client_id: String,
    /// A file that holds our secret there; none makes us a public client.
    pub client_secret_file: Option<PathBuf>,
    /// The claim that names somebody's groups.
    pub roles_claim: String,
    /// The roles that groups give.
    pub roles: String,
    /// Where people reach this server.
    pub public_url: String,
}

impl Config {
    /// Settings of signing in by an identity provider.
    #[must_use]
    pub fn oidc(&self) -> Oidc {
        Oidc {
            issuer: self.oidc_issuer.clone(),
            client_id: self.oidc_client_id.clone(),
            client_secret_file: self.oidc_client_secret_file.clone(),
            roles_claim: self.oidc_roles_claim.clone(),
            roles: self.oidc_roles.clone(),
            public_url: self.public_url(self.listen),
        }
    }

    /// Checks the settings of the identity provider.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub(super) fn check_oidc(&self) -> Result<(), String> {
        let Some(issuer) = &self.oidc_issuer else {
            return Ok(());
        };
        let here = match issuer.host() {
            Some(Host::Ipv4(address)) => address.is_loopback(),
            Some(Host::Ipv6(address)) => address.is_loopback(),
            Some(Host::Domain(name)) => name == "localhost",
            None => false,
        };
        // Whoever can change what the provider says can be anybody here.
        if issuer.scheme() != "https" && !(issuer.scheme() == "http" && here) {
            return Err("--oidc-issuer must begin with https://".into());
        }
        if issuer.query().is_some() || issuer.fragment().is_some() {
            return Err("--oidc-issuer must have no ? and no #".into());
        }
        if self.oidc_client_id.is_empty() {
            return Err("--oidc-issuer needs --oidc-client-id".into());
        }
        Ok(())
    }
}
