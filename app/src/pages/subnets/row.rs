//! One row of the subnets table. Only the cells that changed are drawn again.

use crate::components::figure::Figure;
use crate::routes::Route;
use crate::view_model::cell::Cell;
use crate::view_model::subnet_row::{Column, SubnetRow};
use lantern_types::NetUid;
use leptos::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

/// A row.
#[component]
pub(super) fn Row(
    /// Which subnet.
    netuid: NetUid,
    /// All rows.
    rows: Memo<Arc<BTreeMap<NetUid, SubnetRow>>>,
    /// The order of the table.
    order: Memo<Vec<NetUid>>,
) -> impl IntoView {
    let row = Memo::new(move |before: Option<&Option<SubnetRow>>| {
        // A row that leaves keeps its figures for the moment until it is gone.
        rows.with(|rows| rows.get(&netuid).cloned()).or_else(|| before.cloned().flatten())
    });
    let part = move |of: fn(&SubnetRow) -> &Cell| {
        Memo::new(move |_| {
            row.with(|row| row.as_ref().map_or(Cell::Missing("no record"), |row| of(row).clone()))
        })
    };
    let text = move |of: fn(&SubnetRow) -> &str| {
        Memo::new(move |_| row.with(|row| row.as_ref().map_or_else(String::new, |row| of(row).to_owned())))
    };
    let name = text(|row| &row.name);
    let symbol = text(|row| &row.symbol);
    let blocks = text(|row| &row.next_epoch_blocks);
    let bar = Memo::new(move |_| row.with(|row| row.as_ref().map_or(0, |row| row.bar)));
    let is_closed = Memo::new(move |_| row.with(|row| row.as_ref().is_some_and(|row| row.is_closed)));
    let index = Memo::new(move |_| {
        order
            .with(|order| order.iter().position(|found| *found == netuid))
            .map_or(0, |position| position.saturating_add(2))
    });
    let of = Signal::derive(move || name.get());
    let figure =
        move |column: Column, cell: Memo<Cell>| view! { <Figure cell field=column.field(netuid) of /> };
    let href = Route::Subnet(netuid).path();
    let validators = format!("{href}#validators");
    view! {
        <tr role="row" class="row" data-netuid=netuid.to_string() aria-rowindex=move || index.get().to_string()>
            <th scope="row" role="rowheader" class="pin c1 main">
                <span class="ident">
                    <span class="sym" aria-hidden="true">{move || symbol.get()}</span>
                    <span class="clip">
                        <a href=href>{move || name.get()}</a>
                        " "
                        <span class="idn">{netuid.to_string()}</span>
                        {move || is_closed.get().then(|| view! { " "<span class="chip">"Not started"</span> })}
                    </span>
                </span>
            </th>
            <td role="cell" class="r c2" data-column="price">{figure(Column::Price, part(|row| &row.price))}</td>
            <td role="cell" class="r l" data-label="Emission" data-column="emission">
                <svg class="bar" viewBox="0 0 1000 6" preserveAspectRatio="none" aria-hidden="true">
                    <rect class="bg" width="1000" height="6"></rect>
                    <rect class="fg" width=move || bar.get().to_string() height="6"></rect>
                </svg>
                {figure(Column::Emission, part(|row| &row.emission))}
            </td>
            <td role="cell" class="r l" data-label="In pool" data-column="tao">{figure(Column::Tao, part(|row| &row.tao))}</td>
            <td role="cell" class="r p3" data-column="alpha">{figure(Column::Alpha, part(|row| &row.alpha))}</td>
            <td role="cell" class="r p4" data-column="tempo">{figure(Column::Tempo, part(|row| &row.tempo))}</td>
            <td role="cell" class="r p2" data-column="next-epoch">
                {figure(Column::NextEpoch, part(|row| &row.next_epoch))}
                <span class="s">{move || blocks.get()}</span>
            </td>
            <td role="cell" class="r p4" data-column="age">{figure(Column::Age, part(|row| &row.age))}</td>
            <td role="cell" class="r p2">
                <a class="btn quiet sm" href=validators data-action="stake" aria-label=move || format!("Stake in {}", name.get())>"Stake"</a>
            </td>
        </tr>
    }
}
