//! The strong test of the mark: after any random interleaving of what can happen, every answer equals the one worked
//! out from a plain list of events.
//!
//! A case is a seed: from it come the server's settings and the steps. Cases of a run are numbered on from one seed,
//! so that every run tries the same; `TIDEMARK_TEST_SEED` and `TIDEMARK_TEST_CASES` make longer hunts.

use proptest::{
    strategy::{Strategy, ValueTree},
    test_runner::{Config, RngAlgorithm, TestRng, TestRunner},
};
use support::{Engine, setting};

mod ask;
mod run;
mod step;

support::on_both_engines!(every_answer_equals_the_recount_after_anything);

const CASES: u64 = 6;

async fn every_answer_equals_the_recount_after_anything(engine: Engine) {
    let first = setting::seed().unwrap_or(1);
    for seed in first..first + setting::cases().unwrap_or(CASES) {
        let case = draw(seed);
        let told = Told { seed, case: &case };
        run::run(engine, seed, &case).await;
        drop(told);
    }
}

fn draw(seed: u64) -> step::Case {
    let mut bytes = [0; 32];
    bytes[..8].copy_from_slice(&seed.to_le_bytes());
    let rng = TestRng::from_seed(RngAlgorithm::ChaCha, &bytes);
    let mut runner = TestRunner::new_with_rng(Config::default(), rng);
    step::case()
        .new_tree(&mut runner)
        .expect("nothing is filtered out")
        .current()
}

/// Tells which case it was when it goes down with it.
struct Told<'a> {
    seed: u64,
    case: &'a step::Case,
}

impl Drop for Told<'_> {
    fn drop(&mut self) {
        if std::thread::panicking() {
            eprintln!("TIDEMARK_TEST_SEED={} TIDEMARK_TEST_CASES=1", self.seed);
            eprintln!("{:?}", self.case.settings);
            for (number, step) in self.case.steps.iter().enumerate() {
                eprintln!("{number}: {step:?}");
            }
        }
    }
}
