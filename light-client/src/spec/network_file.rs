//! Lantern's own network files, format 1: a name, peers, the genesis and a checkpoint.

use super::smoldot::{Genesis, Identity, Properties, specification};
use super::{
    Checkpoint, GrandpaAuthority, HEADER_LIMIT, Header, Spec, SpecError, StartFrom, bad, bytes,
    check_against_header, check_authorities, check_boot_nodes, check_text, damaged, hash,
};
use serde::Deserialize;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct NetworkFile {
    #[expect(dead_code, reason = "read before, to know that this is a network file")]
    format: u64,
    name: String,
    id: String,
    #[serde(default)]
    #[expect(dead_code, reason = "for people; nothing depends on it")]
    chain_type: Option<String>,
    boot_nodes: Vec<String>,
    genesis_hash: String,
    #[serde(default)]
    genesis_state_root: Option<String>,
    token_decimals: u8,
    token_symbol: String,
    ss58_format: u16,
    checkpoint: CheckpointFile,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct CheckpointFile {
    header: String,
    set_id: u64,
    grandpa_authorities: Vec<(String, u64)>,
    aura_authorities: Vec<String>,
    aura_slot_duration_ms: u64,
}

pub(super) fn parse(text: &str) -> Result<Spec, SpecError> {
    let file: NetworkFile = serde_json::from_str(text).map_err(damaged)?;
    check_text("name", &file.name)?;
    check_text("id", &file.id)?;
    check_text("tokenSymbol", &file.token_symbol)?;
    check_boot_nodes(&file.boot_nodes)?;
    let genesis_hash = hash("genesisHash", &file.genesis_hash)?;
    let genesis = match &file.genesis_state_root {
        Some(root) => {
            let root = hash("genesisStateRoot", root)?;
            let computed = Header::genesis(root).hash();
            if computed != genesis_hash {
                return Err(SpecError::WrongGenesis {
                    pinned: hex::encode(genesis_hash),
                    computed: hex::encode(computed),
                });
            }
            Genesis::StateRoot(root)
        }
        None => Genesis::BlockHash(genesis_hash),
    };
    let checkpoint = checkpoint(file.checkpoint)?;
    let properties = Properties {
        token_decimals: file.token_decimals,
        token_symbol: file.token_symbol,
        ss58_format: file.ss58_format,
    };
    let json = specification(&Identity {
        name: &file.name,
        id: &file.id,
        boot_nodes: &file.boot_nodes,
        genesis,
        properties: Some(&properties),
    });
    Ok(Spec {
        name: file.name,
        id: file.id,
        genesis_hash: Some(genesis_hash),
        boot_nodes: file.boot_nodes,
        start: StartFrom::Checkpoint(Box::new(checkpoint)),
        json,
    })
}

fn checkpoint(file: CheckpointFile) -> Result<Checkpoint, SpecError> {
    if file.header.len() > HEADER_LIMIT {
        return Err(bad("checkpoint.header", format!("it has {} digits", file.header.len())));
    }
    check_authorities("checkpoint.grandpaAuthorities", file.grandpa_authorities.len())?;
    check_authorities("checkpoint.auraAuthorities", file.aura_authorities.len())?;
    if file.aura_slot_duration_ms == 0 {
        return Err(bad("checkpoint.auraSlotDurationMs", "it is zero"));
    }
    let grandpa = file
        .grandpa_authorities
        .iter()
        .map(|(key, weight)| match weight {
            0 => Err(bad("checkpoint.grandpaAuthorities", "one has no weight")),
            weight => {
                Ok(GrandpaAuthority { key: hash("checkpoint.grandpaAuthorities", key)?, weight: *weight })
            }
        })
        .collect::<Result<_, _>>()?;
    let aura = file
        .aura_authorities
        .iter()
        .map(|key| hash("checkpoint.auraAuthorities", key))
        .collect::<Result<_, _>>()?;
    let header_bytes = bytes("checkpoint.header", &file.header)?;
    let checkpoint = Checkpoint {
        header: Header::decode_all(&header_bytes)?,
        header_bytes,
        set_id: file.set_id,
        grandpa,
        aura,
        slot_millis: file.aura_slot_duration_ms,
    };
    check_against_header(&checkpoint)?;
    Ok(checkpoint)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::{Value, json};

    fn finney() -> Value {
        serde_json::from_str(include_str!("../../../public/networks/finney.json")).unwrap()
    }

    fn check(change: impl FnOnce(&mut Value)) -> Result<Spec, SpecError> {
        let mut file = finney();
        change(&mut file);
        parse(&file.to_string())
    }

    #[test]
    fn the_shipped_networks_are_right() {
        let finney = check(|_| ()).unwrap();
        let StartFrom::Checkpoint(checkpoint) = &finney.start else { panic!() };
        assert_eq!(checkpoint.header.number, 8_867_448);
        assert_eq!(
            hex::encode(checkpoint.header.hash()),
            "511948e96e1d479d0a92d89bb976638780f2c65a93a5d5be710f22ee15c60200"
        );
        assert_eq!((checkpoint.set_id, checkpoint.grandpa.len(), checkpoint.aura.len()), (6, 20, 20));
        assert!(finney.checkpoint_database().unwrap().len() < 8_000);
    }

    #[test]
    fn contradictions_are_found() {
        let mut wrong = check(|file| file["genesisStateRoot"] = json!(format!("0x{}", "11".repeat(32))));
        assert!(matches!(wrong, Err(SpecError::WrongGenesis { .. })), "{wrong:?}");
        wrong = check(|file| {
            file["checkpoint"]["grandpaAuthorities"][0][0] = json!(format!("0x{}", "11".repeat(32)))
        });
        assert!(matches!(wrong, Err(SpecError::CheckpointMismatch(_))), "{wrong:?}");
        wrong =
            check(|file| file["checkpoint"]["auraAuthorities"] = json!([format!("0x{}", "11".repeat(32))]));
        assert!(matches!(wrong, Err(SpecError::CheckpointMismatch(_))), "{wrong:?}");
        wrong = check(|file| file["checkpoint"]["header"] = json!("0x00"));
        assert!(matches!(wrong, Err(SpecError::CheckpointHeader(_))), "{wrong:?}");
    }

    #[test]
    fn damage_is_found() {
        let mut wrong = check(|file| file["checkpoint"]["grandpaAuthorities"] = json!([]));
        assert!(matches!(wrong, Err(SpecError::BadValue { .. })), "{wrong:?}");
        wrong = check(|file| file["checkpoint"]["grandpaAuthorities"][0][1] = json!(0));
        assert!(matches!(wrong, Err(SpecError::BadValue { .. })), "{wrong:?}");
        wrong = check(|file| file["genesisHash"] = json!("0xabc"));
        assert!(matches!(wrong, Err(SpecError::BadValue { .. })), "{wrong:?}");
        wrong = check(|file| file["name"] = json!("x".repeat(2000)));
        assert!(matches!(wrong, Err(SpecError::BadValue { .. })), "{wrong:?}");
        wrong = check(|file| file["surprise"] = json!(1));
        assert!(matches!(wrong, Err(SpecError::Damaged(_))), "{wrong:?}");
        wrong = Spec::parse(r#"{"format":2}"#);
        assert_eq!(wrong, Err(SpecError::UnknownFormat(2)));
    }

    proptest! {
        #[test]
        fn a_damaged_file_is_an_error_or_a_specification(at in 0usize..20_000, with in any::<u8>()) {
            let mut bytes = finney().to_string().into_bytes();
            let at = at % bytes.len();
            bytes[at] = with;
            if let Ok(text) = String::from_utf8(bytes) {
                let _outcome = Spec::parse(&text);
            }
        }
    }
}
