//! One row of the subnets table. Its elements come from one text of markup, which a browser reads far faster
//! than it is told of them one by one. Only what changed is written again.

use crate::components::figure;
use crate::components::proof_popover::ProofAsk;
use crate::routes::Route;
use crate::view_model::cell::Cell;
use crate::view_model::subnet_row::{Column, SubnetRow};
use lantern_types::NetUid;
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;
use wasm_bindgen::JsCast as _;
use web_sys::{Element, MouseEvent};

/// The rows by subnet.
pub(super) type Rows = Arc<BTreeMap<NetUid, Arc<SubnetRow>>>;

/// A number of the row: its column, the column's name in the document, and where it stands in the record.
type Number = (Column, &'static str, fn(&SubnetRow) -> &Cell);

const NUMBERS: [Number; 7] = [
    (Column::Price, "price", |row| &row.price),
    (Column::Emission, "emission", |row| &row.emission),
    (Column::Tao, "tao", |row| &row.tao),
    (Column::Alpha, "alpha", |row| &row.alpha),
    (Column::Tempo, "tempo", |row| &row.tempo),
    (Column::NextEpoch, "next-epoch", |row| &row.next_epoch),
    (Column::Age, "age", |row| &row.age),
];

/// A number that can be asked where it comes from: the table hears of the press.
macro_rules! figure {
    () => {
        r#"<button type="button" class="fig" aria-haspopup="dialog"><span></span></button>"#
    };
}

/// The cells, before anything is written into them.
const CELLS: &str = concat!(
    r#"<th scope="row" role="rowheader" class="pin c1 main"><span class="ident">"#,
    r#"<span class="sym" aria-hidden="true"></span>"#,
    r#"<span class="clip"><a></a> <span class="idn"></span> <span class="chip">Not started</span></span></span></th>"#,
    r#"<td role="cell" class="r c2" data-column="price">"#,
    figure!(),
    r#"</td><td role="cell" class="r l" data-label="Emission" data-column="emission">"#,
    r#"<svg class="bar" viewBox="0 0 1000 6" preserveAspectRatio="none" aria-hidden="true">"#,
    r#"<rect class="bg" width="1000" height="6"/><rect class="fg" height="6"/></svg>"#,
    figure!(),
    r#"</td><td role="cell" class="r l" data-label="In pool" data-column="tao">"#,
    figure!(),
    r#"</td><td role="cell" class="r p3" data-column="alpha">"#,
    figure!(),
    r#"</td><td role="cell" class="r p4" data-column="tempo">"#,
    figure!(),
    r#"</td><td role="cell" class="r p2" data-column="next-epoch">"#,
    figure!(),
    r#"<span class="s"></span></td><td role="cell" class="r p4" data-column="age">"#,
    figure!(),
    r#"</td><td role="cell" class="r p2"><a class="btn quiet sm" data-action="stake">Stake</a></td>"#,
);

/// The cells of a row that nothing is known of yet.
const GHOST: &str = concat!(
    r#"<th class="pin c1 main"><span class="ident"><span class="sk sq"></span><span class="sk w3"></span></span></th>"#,
    r#"<td class="r c2"><span class="sk w2"></span></td><td class="r l"><span class="sk w2"></span></td>"#,
    r#"<td class="r l"><span class="sk w2"></span></td><td class="r p3"><span class="sk w2"></span></td>"#,
    r#"<td class="r p4"><span class="sk w2"></span></td><td class="r p2"><span class="sk w2"></span></td>"#,
    r#"<td class="r p4"><span class="sk w2"></span></td><td class="r p2"></td>"#,
);

/// Rows of real height, while there is nothing older to show.
pub(super) fn skeleton() -> impl IntoView {
    (0..14).map(|_| view! { <tr class="ghost" aria-hidden="true" inner_html=GHOST></tr> }).collect_view()
}

/// A row.
#[component]
pub(super) fn Row(
    /// Which subnet.
    netuid: NetUid,
    /// All rows.
    rows: Memo<Rows>,
    /// The order of the table.
    order: Memo<Vec<NetUid>>,
) -> impl IntoView {
    let index = Memo::new(move |_| {
        order
            .with(|order| order.iter().position(|found| *found == netuid))
            .map_or(0, |position| position.saturating_add(2))
    });
    let fill = move |element: Element| {
        let Some(parts) = Parts::of(&element) else { return };
        parts.name_it(netuid);
        let writer = RenderEffect::new(move |before: Option<Option<Arc<SubnetRow>>>| {
            let before = before.flatten();
            // A row that leaves keeps its figures for the moment until it is gone.
            let row = rows.with(|rows| rows.get(&netuid).cloned()).or_else(|| before.clone());
            if let Some(row) = row.as_deref() {
                parts.write(before.as_deref(), row);
            }
            row
        });
        let _owner = StoredValue::new_local(writer);
    };
    view! {
        <tr
            role="row"
            class="row"
            data-netuid=netuid.to_string()
            aria-rowindex=move || index.get().to_string()
            inner_html=CELLS
            use:fill
        ></tr>
    }
}

/// The elements that something is written into.
struct Parts {
    symbol: Element,
    name: Element,
    number: Element,
    chip: Element,
    bar: Element,
    blocks: Element,
    stake: Element,
    numbers: Vec<Element>,
}

impl Parts {
    fn of(row: &Element) -> Option<Self> {
        let find = |selector: &str| row.query_selector(selector).ok().flatten();
        Some(Self {
            symbol: find(".sym")?,
            name: find("a")?,
            number: find(".idn")?,
            chip: find(".chip")?,
            bar: find(".fg")?,
            blocks: find(".s")?,
            stake: find(".btn")?,
            numbers: NUMBERS
                .iter()
                .map(|(_, name, _)| find(&format!("[data-column={name}] span")))
                .collect::<Option<_>>()?,
        })
    }

    /// Writes what stays.
    fn name_it(&self, netuid: NetUid) {
        let href = Route::Subnet(netuid).path();
        set(&self.name, "href", &href);
        set(&self.stake, "href", &(href + "#validators"));
        self.number.set_text_content(Some(&netuid.to_string()));
    }

    /// Writes what differs from what is there.
    fn write(&self, before: Option<&SubnetRow>, row: &SubnetRow) {
        let text = |of: fn(&SubnetRow) -> &str, element: &Element| {
            let is_new = before.is_none_or(|before| of(before) != of(row));
            if is_new {
                element.set_text_content(Some(of(row)));
            }
            is_new
        };
        text(|row| &row.symbol, &self.symbol);
        text(|row| &row.next_epoch_blocks, &self.blocks);
        if text(|row| &row.name, &self.name) {
            set(&self.stake, "aria-label", &format!("Stake in {}", row.name));
        }
        if before.is_none_or(|before| before.bar != row.bar) {
            set(&self.bar, "width", &row.bar.to_string());
        }
        if before.is_none_or(|before| before.is_closed != row.is_closed) {
            if !row.is_closed {
                self.chip.remove();
            } else if let Some(text) = self.number.parent_element() {
                // It is there already in a row that is new.
                let _refused = text.append_child(&self.chip);
            }
        }
        for ((_, _, of), element) in NUMBERS.iter().zip(&self.numbers) {
            if before.is_none_or(|before| of(before) != of(row)) {
                figure::write(of(row), element);
            }
        }
    }
}

fn set(element: &Element, name: &str, value: &str) {
    // Only a name that is none is refused.
    let _set = element.set_attribute(name, value);
}

/// Asks for the proof of the number that was pressed, if one was.
pub(super) fn prove_pressed(event: &MouseEvent, rows: Memo<Rows>, ask: ProofAsk) -> Option<()> {
    let target = event.target()?.dyn_into::<Element>().ok()?;
    let button = target.closest("button.fig").ok()??;
    let name = button.closest("[data-column]").ok()??.get_attribute("data-column")?;
    let netuid = NetUid(button.closest("tr").ok()??.get_attribute("data-netuid")?.parse().ok()?);
    let (column, ..) = NUMBERS.iter().find(|(_, known, _)| *known == name)?;
    let of = rows.with_untracked(|rows| rows.get(&netuid).map(|row| row.name.clone()))?;
    ask.open(column.field(netuid), of, button.dyn_into().ok());
    Some(())
}
