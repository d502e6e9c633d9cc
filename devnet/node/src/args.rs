//! The command line, parsed by hand: the usual crate for it pulls in half of a node of its own.

use crate::Error;
use std::path::PathBuf;

/// Printed by `--help`.
pub const USAGE: &str = "\
lantern-devnet: a real Aura and GRANDPA chain that speaks Subtensor's interface

USAGE
  lantern-devnet run [OPTIONS]

OPTIONS OF run
  --scenario NAME       genesis preset of the runtime (default: plain)
  --slot-ms MS          length of a slot, fixed at genesis (default: 1000)
  --authorities N       number of nodes; above 1 this process starts and supervises them (default: 1)
  --p2p-port PORT       libp2p WebSocket port of the first node, 0 picks a free one (default: 30400)
  --rpc-port PORT       JSON-RPC port of the first node, 0 picks a free one (default: 9944)
  --base-path DIR       keep the database in DIR (default: in memory)
  --state-blocks N      blocks whose state is kept (default: 256)
  --initial-set-id K    GRANDPA set id the chain starts with (default: 3)
  --spec-out FILE       write the network file that the page loads
  --checkpoint-out FILE write the checkpoint alone
  --raw-spec-out FILE   write the ordinary raw chain spec
  --ready-file FILE     write addresses and ports once the first block after genesis is finalized
  --log FILTER          log filter (default: info)
";

/// Most authorities one machine can sensibly run.
const MAX_AUTHORITIES: u32 = 8;

/// What the user wants.
pub enum Command {
    /// Print the usage.
    Help,
    /// Run a chain.
    Run(RunOptions),
}

/// Options of `run`.
#[derive(Clone, Debug)]
pub struct RunOptions {
    /// Genesis preset of the runtime.
    pub scenario: String,
    /// Length of a slot in milliseconds.
    pub slot_ms: u64,
    /// Number of authorities of the chain, each a process of its own.
    pub authorities: u32,
    /// Which of the authorities this process is; `None` for the supervisor or the only one.
    pub authority_index: Option<u32>,
    /// Port of the first authority's WebSocket listener.
    pub p2p_port: u16,
    /// Port of the first authority's JSON-RPC server.
    pub rpc_port: u16,
    /// Directory of the database; in memory without.
    pub base_path: Option<PathBuf>,
    /// Number of blocks whose state is kept.
    pub state_blocks: u32,
    /// GRANDPA set id of the chain's first authority set.
    pub initial_set_id: u64,
    /// Where the network file goes.
    pub spec_out: Option<PathBuf>,
    /// Where the checkpoint goes.
    pub checkpoint_out: Option<PathBuf>,
    /// Where the raw chain spec goes.
    pub raw_spec_out: Option<PathBuf>,
    /// Where the addresses go once the chain is usable.
    pub ready_file: Option<PathBuf>,
    /// Log filter.
    pub log: String,
}

impl Default for RunOptions {
    fn default() -> Self {
        Self {
            scenario: "plain".into(),
            slot_ms: 1_000,
            authorities: 1,
            authority_index: None,
            p2p_port: 30_400,
            rpc_port: 9_944,
            base_path: None,
            state_blocks: 256,
            initial_set_id: 3,
            spec_out: None,
            checkpoint_out: None,
            raw_spec_out: None,
            ready_file: None,
            log: "info".into(),
        }
    }
}

/// Parses the arguments, which do not include the program's name.
pub fn parse(mut arguments: impl Iterator<Item = String>) -> Result<Command, Error> {
    match arguments.next().as_deref() {
        None | Some("help" | "--help" | "-h") => Ok(Command::Help),
        Some("run") => parse_run(&mut arguments),
        Some(other) => Err(Error::Usage(format!("unknown command `{other}`"))),
    }
}

fn parse_run(arguments: &mut dyn Iterator<Item = String>) -> Result<Command, Error> {
    let mut options = RunOptions::default();
    while let Some(flag) = arguments.next() {
        if matches!(flag.as_str(), "--help" | "-h") {
            return Ok(Command::Help);
        }
        let value = arguments.next().ok_or_else(|| Error::Usage(format!("`{flag}` needs a value")))?;
        match flag.as_str() {
            "--scenario" => options.scenario = value,
            "--slot-ms" => options.slot_ms = number(&flag, &value)?,
            "--authorities" => options.authorities = number(&flag, &value)?,
            "--authority-index" => options.authority_index = Some(number(&flag, &value)?),
            "--p2p-port" => options.p2p_port = number(&flag, &value)?,
            "--rpc-port" => options.rpc_port = number(&flag, &value)?,
            "--base-path" => options.base_path = Some(value.into()),
            "--state-blocks" => options.state_blocks = number(&flag, &value)?,
            "--initial-set-id" => options.initial_set_id = number(&flag, &value)?,
            "--spec-out" => options.spec_out = Some(value.into()),
            "--checkpoint-out" => options.checkpoint_out = Some(value.into()),
            "--raw-spec-out" => options.raw_spec_out = Some(value.into()),
            "--ready-file" => options.ready_file = Some(value.into()),
            "--log" => options.log = value,
            _ => return Err(Error::Usage(format!("unknown option `{flag}`"))),
        }
    }
    check(&options)?;
    Ok(Command::Run(options))
}

fn check(options: &RunOptions) -> Result<(), Error> {
    let problem = if options.slot_ms < 100 {
        "a slot has to last at least 100 ms"
    } else if !(1..=MAX_AUTHORITIES).contains(&options.authorities) {
        "the number of authorities has to be between 1 and 8"
    } else if options.authority_index.is_some_and(|index| index >= options.authorities) {
        "the authority index has to be below the number of authorities"
    } else if options.authorities > 1 && (options.p2p_port == 0 || options.rpc_port == 0) {
        "several authorities need explicit ports"
    } else {
        return Ok(());
    };
    Err(Error::Usage(problem.into()))
}

fn number<T: std::str::FromStr>(flag: &str, value: &str) -> Result<T, Error> {
    value.parse().map_err(|_| Error::Usage(format!("`{value}` is not a number that `{flag}` takes")))
}
