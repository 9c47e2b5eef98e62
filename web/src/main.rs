//! The program that browsers load. Built for anything else it does nothing.

fn main() {
    #[cfg(target_arch = "wasm32")]
    tidemark_web::start();
}
