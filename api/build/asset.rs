//! One file of the UI: its name, its compressed forms, and its line in the table that the server holds.

use std::{fmt::Write as _, fs, io::Write as _, path::Path};

use flate2::{Compression, write::GzEncoder};
use sha2::{Digest, Sha256};

use crate::mode::Effort;

/// The path of the page itself, which has no hash in its name.
pub(crate) const PAGE: &str = "/";

/// A file of the UI.
pub(crate) struct Asset {
    /// Its path on the server.
    pub(crate) path: String,
    kind: &'static str,
    content: Vec<u8>,
}

impl Asset {
    /// A file whose name says what is in it, so that browsers may keep it for ever.
    pub(crate) fn hashed(stem: &str, extension: &str, kind: &'static str, content: impl Into<Vec<u8>>) -> Self {
        let content = content.into();
        Self {
            path: format!("/assets/{stem}-{}.{extension}", hash(&content)),
            kind,
            content,
        }
    }

    /// Two scripts that name one another, which neither's own hash could: the name of each says what is in both.
    pub(crate) fn pair(scripts: [(&str, &str); 2], fill: impl Fn(&str, [&str; 2]) -> String) -> [Self; 2] {
        let both = hash(scripts.map(|(_, text)| text).join("\0").as_bytes());
        let paths = scripts.map(|(stem, _)| format!("/assets/{stem}-{both}.js"));
        let names = [&*paths[0], &*paths[1]];
        scripts.map(|(stem, text)| {
            let path = format!("/assets/{stem}-{both}.js");
            Self::named(&path, "text/javascript", fill(text, names))
        })
    }

    /// A file that keeps its name.
    pub(crate) fn named(path: &str, kind: &'static str, content: impl Into<Vec<u8>>) -> Self {
        Self {
            path: path.to_owned(),
            kind,
            content: content.into(),
        }
    }
}

/// A script of ours for pages.
pub(crate) fn script(address: &str, path: &Path) -> Result<Asset, String> {
    let content = fs::read(path).map_err(|error| format!("{}: {error}", path.display()))?;
    Ok(Asset::named(address, "text/javascript; charset=utf-8", content))
}

/// All files.
pub(crate) struct Packed {
    pub(crate) assets: Vec<Asset>,
    pub(crate) effort: Effort,
}

impl Default for Packed {
    /// None.
    fn default() -> Self {
        Self {
            assets: Vec::new(),
            effort: Effort::Best,
        }
    }
}

impl Packed {
    /// Writes the files, compressed, and the table of them: `web_bundle.rs`.
    pub(crate) fn write(&self, folder: &Path) -> Result<(), String> {
        let save = |name: &str, bytes: &[u8]| {
            let path = folder.join(name);
            fs::write(&path, bytes).map_err(|error| format!("{}: {error}", path.display()))
        };
        let mut table = String::from("&[\n");
        for asset in &self.assets {
            let (path, kind, tag) = (&asset.path, asset.kind, hash(&asset.content));
            // What is there already under this hash is the same.
            if !folder.join(format!("{tag}.gz")).exists() {
                save(&format!("{tag}.br"), &brotli(&asset.content, self.effort)?)?;
                save(&format!("{tag}.gz"), &gzip(&asset.content)?)?;
            }
            let _ = writeln!(
                table,
                "    File {{ path: {path:?}, kind: {kind:?}, tag: {tag:?}, brotli: include_bytes!(\"{tag}.br\"), gzip: \
             include_bytes!(\"{tag}.gz\") }},"
            );
        }
        table.push_str("]\n");
        save("web_bundle.rs", table.as_bytes())
    }
}

fn hash(content: &[u8]) -> String {
    let digest = Sha256::digest(content);
    digest.iter().take(8).fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

fn brotli(content: &[u8], effort: Effort) -> Result<Vec<u8>, String> {
    let parameters = brotli::enc::BrotliEncoderParams {
        // The best there is saves more of the program than an optimiser for it does, and takes a while.
        quality: if effort == Effort::Best { 11 } else { 2 },
        lgwin: 24,
        size_hint: content.len(),
        ..Default::default()
    };
    let mut packed = Vec::new();
    brotli::BrotliCompress(&mut &*content, &mut packed, &parameters).map_err(|error| error.to_string())?;
    Ok(packed)
}

fn gzip(content: &[u8]) -> Result<Vec<u8>, String> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder
        .write_all(content)
        .and_then(|()| encoder.finish())
        .map_err(|error| error.to_string())
}
