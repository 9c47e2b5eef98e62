//! Accounts of people: signing in, staying signed in, and what each may do.

mod attempt;
mod forgery;
mod link;
mod oidc;
mod owner;
mod role;
mod session;
mod sign_in;
mod totp;
