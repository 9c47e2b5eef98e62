//! What Tidemark can do, tried on a real server: one file per capability, per dialect and per promise.

mod layer;
