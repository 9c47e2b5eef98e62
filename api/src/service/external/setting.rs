//! Whom to ask, as the settings say.

use std::collections::HashMap;

use reqwest::Client;
use url::Url;

use crate::{
    config,
    domain::{
        error::{Error, Result},
        external::Network,
    },
    service::outbound,
};

/// Those who are asked.
pub(in crate::service) struct External {
    pub(super) http: Client,
    /// The networks, and where each is asked.
    pub(super) networks: Vec<(Network, Url)>,
    pub(super) tokens: HashMap<Network, String>,
    pub(super) config: config::External,
}

impl External {
    /// Those that the settings name.
    ///
    /// # Errors
    /// A sentence that names the setting.
    pub(in crate::service) fn new(config: &config::External) -> Result<Self> {
        let tokens = match &config.tokens_file {
            None => HashMap::new(),
            Some(file) => {
                let text = std::fs::read_to_string(file)
                    .map_err(|error| format!("--external-tokens-file: {} cannot be read: {error}", file.display()));
                text.and_then(|text| read_tokens(&text)).map_err(Error::internal)?
            }
        };
        Ok(Self {
            http: outbound::client(config.timeout)?,
            networks: read_networks(&config.networks, &tokens).map_err(Error::internal)?,
            tokens,
            config: config.clone(),
        })
    }
}

impl std::fmt::Debug for External {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(&self.networks).finish()
    }
}

fn read_networks(parts: &[String], tokens: &HashMap<Network, String>) -> Result<Vec<(Network, Url)>, String> {
    let mut networks = Vec::with_capacity(parts.len());
    for part in parts {
        let (network, base) = read_network(part)?;
        if networks.iter().any(|(one, _)| *one == network) {
            return Err(format!("--external-networks: “{network}” is named twice"));
        }
        if network.wants_token() && !tokens.contains_key(&network) {
            return Err(format!(
                "--external-networks: {network} answers nobody without a token; write “{network}=…” into a file and name \
                 that by --external-tokens-file"
            ));
        }
        networks.push((network, base));
    }
    Ok(networks)
}

/// A network, and where it is asked: `reddit`, or `mastodon=https://social.example.com`.
fn read_network(text: &str) -> Result<(Network, Url), String> {
    let (name, base) = text.split_once('=').unwrap_or((text, ""));
    let Some(network) = Network::find(name.trim()) else {
        let known = Network::ALL.map(Network::name).join(", ");
        return Err(format!("--external-networks: there is no “{name}”; there are {known}"));
    };
    let base = if base.is_empty() { network.home() } else { base.trim() };
    let url = Url::parse(base).ok();
    let is_base =
        |url: &Url| matches!(url.scheme(), "http" | "https") && url.query().is_none() && url.fragment().is_none();
    let wrong = || {
        format!(
            "--external-networks: “{base}” is no address; write such as {network}={}",
            network.home()
        )
    };
    url.filter(is_base).map(|url| (network, url)).ok_or_else(wrong)
}

fn read_tokens(text: &str) -> Result<HashMap<Network, String>, String> {
    let lines = text.lines().map(str::trim).enumerate();
    let lines = lines.filter(|(_, line)| !line.is_empty() && !line.starts_with('#'));
    let read = |(index, line): (usize, &str)| {
        let (name, token) = line.split_once('=').unwrap_or((line, ""));
        let network = Network::find(name.trim()).filter(|_| !token.trim().is_empty());
        let wrong = || format!("--external-tokens-file: line {} is not such as “facebook=…”", index + 1);
        Ok((network.ok_or_else(wrong)?, token.trim().to_owned()))
    };
    lines.map(read).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn networks(parts: &[&str], tokens: &str) -> Result<Vec<String>, String> {
        let parts: Vec<String> = parts.iter().map(|part| (*part).to_owned()).collect();
        let networks = read_networks(&parts, &read_tokens(tokens)?)?;
        Ok(networks
            .into_iter()
            .map(|(network, base)| format!("{network} {base}"))
            .collect())
    }

    #[test]
    fn networks_are_asked_where_they_are_unless_told_otherwise() {
        let read = networks(
            &["reddit", "mastodon=https://social.example.com/base", "facebook"],
            "\n# x\nfacebook = a=b\n",
        );
        let expected = [
            "reddit https://www.reddit.com/",
            "mastodon https://social.example.com/base",
            "facebook https://graph.facebook.com/",
        ];
        assert_eq!(read.expect("they are right"), expected);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (parts, tokens, told) in [
            (
                &["friendster"][..],
                "",
                "there is no “friendster”; there are hackernews",
            ),
            (&["reddit", "reddit=https://x.example"], "", "named twice"),
            (
                &["mastodon=social.example.com"],
                "",
                "write such as mastodon=https://mastodon.social",
            ),
            (&["mastodon=ftp://social.example.com"], "", "is no address"),
            (&["facebook"], "reddit=x", "--external-tokens-file"),
            (&[], "facebook", "line 1"),
            (&[], "# fine\nfacebook=", "line 2"),
        ] {
            let error = networks(parts, tokens).expect_err(told);
            assert!(error.contains(told), "{error}");
        }
    }
}
