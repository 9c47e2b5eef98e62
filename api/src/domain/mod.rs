//! The shared vocabulary: values and the rules that can be judged from values alone.
//!
//! Every layer may read it; it reads none of them and does no input or output.

pub mod caller;
pub mod condition;
pub mod deletion;
pub mod dimension;
pub mod error;
pub mod event;
pub mod hash;
pub mod key;
pub mod period;
pub mod question;
pub mod rollup;
pub mod rule;
pub mod scope;
pub mod site;
pub mod tag;
pub mod view;
pub mod zone;
