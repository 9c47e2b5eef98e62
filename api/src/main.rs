//! The one binary: arguments, config, run until stopped.

use std::process::ExitCode;

use clap::Parser;
use tidemark::command::Arguments;

/// Small allocations of many threads cost less and are given back sooner than with the system's allocator.
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

#[tokio::main]
async fn main() -> ExitCode {
    match Arguments::parse().run().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(complaint) => {
            eprintln!("tidemark: {complaint}");
            ExitCode::FAILURE
        }
    }
}
