//! Picks ports that nobody uses, where the user asks for any.
//!
//! They lie below the range from which operating systems serve outgoing connections (32,768 to 60,999 on
//! Linux). A port of that range may be free now and taken by somebody's connection, or by what is left of
//! one, when the node opens it a second later.

use crate::args::RunOptions;
use crate::Error;
use std::hash::{BuildHasher as _, RandomState};
use std::net::{Ipv4Addr, TcpListener};
use std::ops::Range;

/// Where ports are looked for. Lantern's own defaults are outside.
const RANGE: Range<u16> = 10_000..30_000;
/// Number of places to look at before giving up.
const TRIES: u64 = 1_000;

/// Replaces ports 0 by the first of as many free neighbours as there are authorities, so that everything
/// that is written names the real port.
pub fn choose(options: &mut RunOptions) -> Result<(), Error> {
    let count = options.authorities as u16;
    if options.p2p_port == 0 {
        options.p2p_port = free(RANGE, count, 0..0)?;
    }
    if options.rpc_port == 0 {
        options.rpc_port = free(RANGE, count, options.p2p_port..options.p2p_port.saturating_add(count))?;
    }
    Ok(())
}

/// The first of `count` free ports in `range` and outside of `taken`. Where the search begins is random, because other
/// chains may be starting at the same time.
fn free(range: Range<u16>, count: u16, taken: Range<u16>) -> Result<u16, Error> {
    let random = RandomState::new();
    let room = u64::from(range.end - range.start - count) + 1;
    (0..TRIES)
        .map(|attempt| range.start + (random.hash_one(attempt) % room) as u16)
        .find(|first| {
            (*first..*first + count)
                .all(|port| !taken.contains(&port) && TcpListener::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
        })
        .ok_or_else(|| Error::Os {
            context: "find free ports",
            source: std::io::Error::from(std::io::ErrorKind::AddrInUse),
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_ports_are_free_neighbours_apart_from_each_other() {
        for authorities in [1, 3, 8] {
            let mut options = RunOptions { authorities, p2p_port: 0, rpc_port: 0, ..RunOptions::default() };
            choose(&mut options).unwrap();
            let range = |first: u16| first..first + authorities as u16;
            let ports: Vec<u16> = range(options.p2p_port).chain(range(options.rpc_port)).collect();
            let held: Vec<_> =
                ports.iter().map(|port| TcpListener::bind((Ipv4Addr::LOCALHOST, *port))).collect();
            assert!(held.iter().all(Result::is_ok), "{ports:?}");
            assert!(ports.iter().all(|port| RANGE.contains(port)), "{ports:?}");
        }
    }

    #[test]
    fn a_given_port_is_kept_and_a_taken_one_avoided() {
        let mut options = RunOptions { p2p_port: 4_321, rpc_port: 1_234, ..RunOptions::default() };
        choose(&mut options).unwrap();
        assert_eq!((options.p2p_port, options.rpc_port), (4_321, 1_234));

        // Outside of the range that the other test looks in at the same time.
        let first = free(9_000..RANGE.start, 4, 0..0).unwrap();
        let held = TcpListener::bind((Ipv4Addr::LOCALHOST, first + 1)).unwrap();
        for _ in 0..20 {
            assert_eq!(free(first..first + 4, 2, 0..0).unwrap(), first + 2);
        }
        drop(held);
        assert_eq!(free(first..first + 4, 2, first + 2..first + 4).unwrap(), first);
        assert!(free(first..first + 4, 3, first..first + 2).is_err());
    }
}
