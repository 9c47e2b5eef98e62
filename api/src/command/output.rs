//! What commands print on standard output. Who reads it may stop at any time, as `head` does: that ends the program without
//! a word. Anything else that stands in the way is told, so that nothing is lost in silence.

use std::{
    fmt::Arguments,
    io::{self, ErrorKind, Write},
    process::exit,
};

/// Prints a line on standard output.
macro_rules! say {
    ($($text:tt)*) => { $crate::command::output::line(format_args!($($text)*)) };
}
pub(super) use say;

/// Prints a line; see [`say`].
pub(super) fn line(text: Arguments<'_>) {
    written(writeln!(io::stdout().lock(), "{text}"));
}

/// Ends the program where something could not be written.
pub(super) fn written(done: io::Result<()>) {
    match done {
        Ok(()) => {}
        // Whoever read it has seen enough.
        Err(error) if error.kind() == ErrorKind::BrokenPipe => exit(0),
        Err(error) => {
            eprintln!("tidemark: standard output cannot be written to: {error}");
            exit(1)
        }
    }
}
