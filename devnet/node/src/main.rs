//! `lantern-devnet`: the command line of the development chain's node.

use std::process::ExitCode;

fn main() -> ExitCode {
    match lantern_devnet::run(std::env::args().skip(1)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lantern-devnet: {error}");
            ExitCode::FAILURE
        }
    }
}
