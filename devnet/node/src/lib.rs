//! A real Substrate node for developing Lantern: Aura and GRANDPA over a runtime that speaks
//! Subtensor's interface.

#![recursion_limit = "256"]

pub mod args;
mod config;
mod consensus;
mod error;
pub mod extrinsic;
mod fault;
mod genesis;
mod grandpa_start;
mod keys;
mod lying_network;
mod network_file;
mod ports;
mod readiness;
mod rotation;
mod rpc;
mod runtime_apis;
mod service;
mod supervisor;
mod upgrade;

pub use error::Error;

use args::Command;

/// Runs the program with the given arguments (without the program's name).
pub fn run(arguments: impl Iterator<Item = String>) -> Result<(), Error> {
    match args::parse(arguments)? {
        Command::Help => {
            print!("{}", args::USAGE);
            Ok(())
        }
        Command::Run(mut options) => {
            ports::choose(&mut options)?;
            if options.is_supervisor() {
                supervisor::run(&options)
            } else {
                service::run(options)
            }
        }
        Command::Upgrade(options) => upgrade::run(&options),
    }
}
