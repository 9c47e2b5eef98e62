//! The harness: what the tests of Tidemark's capabilities are written with.
//!
//! A test starts the real program on a database of its own, and speaks to it over the network as a client
//! does. Nothing here links to the server; a shape of the public surface is written down in [`graphql`] alone.
//!
//! ```text
//! support::on_both_engines!(a_logged_event_is_counted);
//!
//! async fn a_logged_event_is_counted(engine: Engine) {
//!     let tidemark = Tidemark::start(engine).await;
//!     let logged = tidemark.client().log(json!({"action": "pageview"})).await;
//!     assert_eq!(logged["outcome"], "ACCEPTED");
//! }
//! ```

pub mod app;
pub mod binary;
pub mod browser;
pub mod client;
mod cluster;
pub mod database;
pub mod example;
pub mod folder;
pub mod golden;
pub mod graphql;
pub mod issuer;
pub mod kept;
pub mod node;
pub mod pages;
pub mod person;
pub mod postgres;
pub mod proxy;
pub mod python;
pub mod random;
pub mod raw;
pub mod server;
pub mod setting;
pub mod source;
pub mod stand_in;
pub mod subscription;
mod token;

pub use app::Tidemark;
pub use browser::Browser;
pub use client::{Answer, Client};
pub use cluster::NewCluster;
pub use database::{Database, Engine};
pub use pages::Pages;
pub use person::Person;
pub use raw::Raw;
pub use server::Server;
pub use subscription::{Subscription, Transport};

/// Makes two tests of each named function, `name::sqlite` and `name::postgres`.
///
/// The functions are ordinary ones, `async fn name(engine: Engine)`, so that they are formatted and checked
/// like all code; one that is not named here is reported as never used.
#[macro_export]
macro_rules! on_both_engines {
    ($($name:ident),+ $(,)?) => {$(
        mod $name {
            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn sqlite() {
                super::$name($crate::Engine::Sqlite).await;
            }

            #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
            async fn postgres() {
                super::$name($crate::Engine::Postgres).await;
            }
        }
    )+};
}
