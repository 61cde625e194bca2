//! Each part of the environment, shown to do what it says with clients that know nothing of it.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on fails")]

#[cfg(feature = "servers")]
mod debian;
mod demo;
mod embedded;
#[cfg(feature = "servers")]
mod fixtures;
#[cfg(feature = "servers")]
mod keyring;
mod proxy;
mod round_trips;
#[cfg(feature = "servers")]
mod stand_in;
#[cfg(feature = "servers")]
mod streaming;

use notary_dev::push::Target;

const MANIFEST: &str = "application/vnd.oci.image.manifest.v1+json";

/// Puts an artifact that holds `content` under `tag`, and returns its digest.
async fn publish(target: &Target, tag: &str, content: &str) -> String {
    let blob = target.blob(content.to_owned()).await.unwrap();
    let descriptor = format!(r#"{{"mediaType":"text/plain","digest":"{blob}","size":{}}}"#, content.len());
    let manifest =
        format!(r#"{{"schemaVersion":2,"mediaType":"{MANIFEST}","config":{descriptor},"layers":[{descriptor}]}}"#);
    target.manifest(tag, MANIFEST, manifest).await.unwrap()
}
