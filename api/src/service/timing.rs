//! How long questions take, whatever comes of them: those that fail are often the slow ones.

use std::time::Instant;

use super::Services;
use crate::domain::{
    error::{Code, Error, Kind, Result},
    question::Source,
};

/// The source of what is read from raw events alone.
pub(super) const RAW: &str = "raw";

impl Services {
    /// Answers a question, and counts it with the time that it took: by where its answer came from, or by whose fault it is
    /// that there is none. A question that nobody waits for any more is not counted.
    ///
    /// # Errors
    /// Those of the question.
    pub(super) async fn time_question<T>(
        &self,
        operation: &'static str,
        source: fn(&T) -> &'static str,
        question: impl Future<Output = Result<T>>,
    ) -> Result<T> {
        let start = Instant::now();
        let answer = question.await;
        let source = match &answer {
            Ok(found) => source(found),
            Err(error) => without_answer(error),
        };
        self.metrics.count_question(operation, source, start.elapsed());
        answer
    }
}

/// What stands for the source where there is no answer: what the caller can mend is no fault of the server's.
fn without_answer(error: &Error) -> &'static str {
    match (error.code, error.code.kind()) {
        (Code::RateLimited, _) | (_, Kind::Caller) => "refused",
        _ => "failed",
    }
}

/// The name of a source in metrics.
pub(super) fn name(source: Source) -> &'static str {
    match source {
        Source::Rollup => "rollup",
        Source::Raw => RAW,
        Source::Both => "both",
    }
}
