//! A real Substrate node for developing Lantern: Aura and GRANDPA over a runtime that speaks
//! Subtensor's interface.

#![recursion_limit = "256"]

pub mod args;
mod config;
mod consensus;
mod error;
pub mod extrinsic;
mod genesis;
mod grandpa_start;
mod keys;
mod network_file;
mod readiness;
mod rpc;
mod service;

pub use error::Error;

use args::Command;

/// Runs the program with the given arguments (without the program's name).
pub fn run(arguments: impl Iterator<Item = String>) -> Result<(), Error> {
    match args::parse(arguments)? {
        Command::Help => {
            print!("{}", args::USAGE);
            Ok(())
        }
        Command::Run(options) => service::run(options),
    }
}
