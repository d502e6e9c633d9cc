//! Rows of the subnets table: what each cell prints, and how rows are sorted and found.

use super::cell::{Cell, blocks_as_time, blocks_in_words, next_epoch};
use lantern_types::{Available, Field, NetUid, NetworkState, Subnet};
use std::cmp::Ordering;

/// One row.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SubnetRow {
    /// Which subnet.
    pub netuid: NetUid,
    /// Its name, or words that it has none.
    pub name: String,
    /// Whether the chain knows a name.
    pub is_named: bool,
    /// Symbol of its alpha.
    pub symbol: String,
    /// Spot price.
    pub price: Cell,
    /// TAO in the pool.
    pub tao: Cell,
    /// Alpha in the pool.
    pub alpha: Cell,
    /// Share of emission.
    pub emission: Cell,
    /// Length of the grey bar in thousandths of the longest.
    pub bar: u32,
    /// Blocks between epochs.
    pub tempo: Cell,
    /// Time to the next epoch.
    pub next_epoch: Cell,
    /// The same in blocks; empty where there is none.
    pub next_epoch_blocks: String,
    /// Time since registration.
    pub age: Cell,
    /// Whether its token cannot be traded yet.
    pub is_closed: bool,
}

/// A column that the table can be sorted by.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[allow(missing_docs, reason = "each variant names its column")]
pub enum Column {
    Netuid,
    Price,
    Tao,
    Alpha,
    Emission,
    Tempo,
    NextEpoch,
    Age,
}

impl Column {
    /// The number behind a cell of this column.
    #[must_use]
    pub const fn field(self, netuid: NetUid) -> Field {
        match self {
            Self::Netuid => Field::SubnetName(netuid),
            Self::Price => Field::SubnetPrice(netuid),
            Self::Tao => Field::SubnetTaoInPool(netuid),
            Self::Alpha => Field::SubnetAlphaInPool(netuid),
            Self::Emission => Field::SubnetEmissionShare(netuid),
            Self::Tempo => Field::SubnetTempo(netuid),
            Self::NextEpoch => Field::SubnetBlocksToEpoch(netuid),
            Self::Age => Field::SubnetRegisteredAt(netuid),
        }
    }

    /// What the column is called.
    #[must_use]
    pub const fn label(self) -> &'static str {
        match self {
            Self::Netuid => "Subnet",
            Self::Price => "Price",
            Self::Tao => "TAO in pool",
            Self::Alpha => "Alpha in pool",
            Self::Emission => "Emission",
            Self::Tempo => "Tempo",
            Self::NextEpoch => "Next epoch",
            Self::Age => "Age",
        }
    }
}

/// The order of the table.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Sort {
    /// By which column.
    pub column: Column,
    /// Whether the largest comes first.
    pub is_falling: bool,
}

impl Default for Sort {
    fn default() -> Self {
        Self { column: Column::Emission, is_falling: true }
    }
}

impl Sort {
    /// The order after a press on a column's head.
    #[must_use]
    pub fn pressed(self, column: Column) -> Self {
        if self.column == column {
            Self { column, is_falling: !self.is_falling }
        } else {
            // Numbers and names read upwards, amounts downwards.
            Self { column, is_falling: !matches!(column, Column::Netuid | Column::NextEpoch) }
        }
    }
}

/// The rows of all subnets, by rising netuid.
#[must_use]
pub fn rows(state: &NetworkState, block: u32) -> Vec<SubnetRow> {
    let longest = state
        .subnets
        .iter()
        .filter_map(|subnet| subnet.emission_share_ppm.value().copied())
        .max()
        .unwrap_or(0);
    state.subnets.iter().map(|subnet| row(subnet, state, block, longest)).collect()
}

/// The netuids of the rows that match `query`, in order.
#[must_use]
pub fn listed(state: &NetworkState, sort: Sort, query: &str) -> Vec<NetUid> {
    let mut found: Vec<&Subnet> = state.subnets.iter().filter(|subnet| matches(subnet, query)).collect();
    found.sort_by(|a, b| order(a, b, sort).then(a.netuid.cmp(&b.netuid)));
    found.into_iter().map(|subnet| subnet.netuid).collect()
}

/// The name to print, and whether it is one.
#[must_use]
pub fn name_of(subnet: &Subnet) -> (String, bool) {
    match subnet.name.value().map(|name| name.trim()) {
        Some(name) if !name.is_empty() => (name.to_owned(), true),
        _ if subnet.netuid.is_root() => ("Root".to_owned(), true),
        _ => (format!("Subnet {}", subnet.netuid), false),
    }
}

/// The symbol to print beside amounts of a subnet's alpha.
#[must_use]
pub fn symbol_of(subnet: &Subnet) -> String {
    match subnet.symbol.value().map(|symbol| symbol.trim()) {
        Some(symbol) if !symbol.is_empty() => symbol.to_owned(),
        _ => "α".to_owned(),
    }
}

fn row(subnet: &Subnet, state: &NetworkState, block: u32, longest: u64) -> SubnetRow {
    let (name, is_named) = name_of(subnet);
    let symbol = symbol_of(subnet);
    let share = subnet.emission_share_ppm.value().copied();
    let age = subnet.registered_at.as_ref().map(|at| u64::from(block).saturating_sub(*at));
    SubnetRow {
        netuid: subnet.netuid,
        price: Cell::from_available(&subnet.price, |price| Cell::price(*price)),
        tao: Cell::from_available(&subnet.tao_in_pool, |tao| Cell::tao(*tao, 2)),
        alpha: Cell::from_available(&subnet.alpha_in_pool, |alpha| Cell::alpha(*alpha, 2, &symbol)),
        emission: Cell::from_available(&subnet.emission_share_ppm, |ppm| Cell::percent(*ppm, 2)),
        bar: share
            .and_then(|share| share.checked_mul(1_000)?.checked_div(longest))
            .and_then(|bar| u32::try_from(bar).ok())
            .unwrap_or(0),
        tempo: Cell::from_available(&subnet.tempo, |tempo| Cell::count(u64::from(*tempo), "")),
        next_epoch: next_epoch(&subnet.blocks_to_epoch, &state.block_millis),
        next_epoch_blocks: subnet
            .blocks_to_epoch
            .value()
            .filter(|blocks| **blocks > 0)
            .map(|blocks| blocks_in_words(*blocks))
            .unwrap_or_default(),
        age: Cell::from_available(&age, |blocks| Cell::Text(blocks_as_time(*blocks, &state.block_millis))),
        is_closed: subnet.is_trading.value() == Some(&false),
        name,
        is_named,
        symbol,
    }
}

fn matches(subnet: &Subnet, query: &str) -> bool {
    let query = query.trim().to_lowercase();
    query.is_empty()
        || subnet.netuid.to_string() == query
        || name_of(subnet).0.to_lowercase().contains(&query)
        || subnet.symbol.value().is_some_and(|symbol| symbol.to_lowercase() == query)
}

fn order(a: &Subnet, b: &Subnet, sort: Sort) -> Ordering {
    fn by<T: Ord>(a: &Available<T>, b: &Available<T>, is_falling: bool) -> Ordering {
        // What is missing stands last, whichever way the rest goes.
        match (a.value(), b.value()) {
            (Some(a), Some(b)) if is_falling => b.cmp(a),
            (Some(a), Some(b)) => a.cmp(b),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (None, None) => Ordering::Equal,
        }
    }
    let falling = sort.is_falling;
    match sort.column {
        Column::Netuid if falling => b.netuid.cmp(&a.netuid),
        Column::Netuid => a.netuid.cmp(&b.netuid),
        Column::Price => by(&a.price, &b.price, falling),
        Column::Tao => by(&a.tao_in_pool, &b.tao_in_pool, falling),
        Column::Alpha => by(&a.alpha_in_pool, &b.alpha_in_pool, falling),
        Column::Emission => by(&a.emission_share_ppm, &b.emission_share_ppm, falling),
        Column::Tempo => by(&a.tempo, &b.tempo, falling),
        Column::NextEpoch => by(&a.blocks_to_epoch, &b.blocks_to_epoch, falling),
        // An old subnet has a small registration block.
        Column::Age => by(&a.registered_at, &b.registered_at, !falling),
    }
}

/// The wanted rows that are drawn already, with some of the missing ones: at most `step`, the first ones.
#[must_use]
pub fn approach(drawn: &[NetUid], wanted: &[NetUid], step: usize) -> Vec<NetUid> {
    let mut room = step;
    let mut next = wanted.to_vec();
    next.retain(|row| {
        drawn.contains(row) || {
            let fits = room > 0;
            room = room.saturating_sub(1);
            fits
        }
    });
    next
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;
    use lantern_types::{AlphaBalance, Price, TaoBalance};

    pub(crate) fn subnet(netuid: u16, name: &str, share_ppm: Option<u64>) -> Subnet {
        Subnet {
            netuid: NetUid(netuid),
            name: Available::Value(name.to_owned()),
            symbol: Available::Value("γ".to_owned()),
            price: Available::Value(Price::from_rao_per_alpha(91_420_000)),
            tao_in_pool: Available::Value(TaoBalance::from_rao(1_240_500_000_000)),
            alpha_in_pool: Available::Value(AlphaBalance::from_rao(5_000_000_000)),
            alpha_outstanding: Available::NoRecord,
            tao_emission: Available::NotInRuntime,
            emission_share_ppm: share_ppm.map_or(Available::NotInRuntime, Available::Value),
            tempo: Available::Value(360),
            blocks_to_epoch: Available::Value(112),
            registered_at: Available::Value(u64::from(netuid)),
            owner: Available::NoRecord,
            is_trading: Available::Value(netuid != 4),
        }
    }

    fn network() -> NetworkState {
        NetworkState {
            subnets: vec![
                subnet(0, "", None),
                subnet(3, "Tidemark", Some(98_200)),
                subnet(4, "Quarry", Some(49_100)),
                subnet(7, "  ", Some(98_200)),
            ],
            total_issuance: Available::NoRecord,
            block_millis: Available::Value(12_000),
            spec_version: 475,
            proof_bytes: 0,
            read_millis: 0,
        }
    }

    fn netuids(sort: Sort, query: &str) -> Vec<u16> {
        listed(&network(), sort, query).into_iter().map(|netuid| netuid.0).collect()
    }

    #[test]
    fn a_row_prints_what_was_read_and_names_what_was_not() {
        let rows = rows(&network(), 7_203);
        let tidemark = rows.get(1).expect("four rows");
        assert_eq!(tidemark.price.text(), "0.09142 τ");
        assert_eq!(tidemark.tao.text(), "1\u{2009}240.50 τ");
        assert_eq!(tidemark.alpha.text(), "5.00 γ");
        assert_eq!(tidemark.emission.text(), "9.82 %");
        assert_eq!(tidemark.bar, 1_000);
        assert_eq!(
            (tidemark.next_epoch.text().as_str(), tidemark.next_epoch_blocks.as_str()),
            ("22 min", "112 blocks")
        );
        assert_eq!(tidemark.age.text(), "1 d 0 h");
        let root = rows.first().expect("four rows");
        assert_eq!((root.name.as_str(), root.is_named), ("Root", true));
        assert_eq!(root.emission.text(), "not available in this runtime");
        let nameless = rows.last().expect("four rows");
        assert_eq!((nameless.name.as_str(), nameless.is_named), ("Subnet 7", false));
    }

    #[test]
    fn the_table_starts_with_the_largest_emission_and_ends_with_what_is_missing() {
        assert_eq!(netuids(Sort::default(), ""), [3, 7, 4, 0]);
        assert_eq!(netuids(Sort::default().pressed(Column::Emission), ""), [4, 3, 7, 0]);
    }

    #[test]
    fn rows_come_a_few_at_a_time_and_in_order() {
        let rows = |netuids: &[u16]| netuids.iter().copied().map(NetUid).collect::<Vec<_>>();
        let wanted = rows(&[5, 3, 8, 1]);
        assert_eq!(approach(&[], &wanted, 2), rows(&[5, 3]));
        assert_eq!(approach(&rows(&[5, 3]), &wanted, 2), wanted);
        // What is not wanted any more goes at once; another order draws nothing anew.
        assert_eq!(approach(&rows(&[9, 1, 8]), &wanted, 1), rows(&[5, 8, 1]));
        assert_eq!(approach(&rows(&[1, 3, 5, 8]), &wanted, 0), wanted);
    }

    #[test]
    fn old_subnets_come_first_by_age() {
        assert_eq!(netuids(Sort::default().pressed(Column::Age), ""), [0, 3, 4, 7]);
        assert_eq!(
            netuids(Sort::default().pressed(Column::Netuid).pressed(Column::Netuid), ""),
            [7, 4, 3, 0]
        );
    }

    #[test]
    fn subnets_are_found_by_number_name_and_symbol() {
        assert_eq!(netuids(Sort::default(), " quar"), [4]);
        assert_eq!(netuids(Sort::default(), "7"), [7]);
        assert_eq!(netuids(Sort::default(), "Γ").len(), 4);
        assert!(netuids(Sort::default(), "nowhere").is_empty());
    }
}
