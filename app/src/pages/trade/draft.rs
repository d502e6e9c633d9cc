//! The trade that is being put together: what was typed, what the chain says about it, what will be signed.

use crate::pages::portfolio::account_of;
use crate::platform::{document, random};
use crate::problem::Problem;
use crate::routes::{Direction, Route};
use crate::state::loadable::Loadable;
use crate::state::trade::{AmountProblem, Bounds, Unit, side};
use crate::state::transactions::{Summary, Transaction};
use crate::store::Store;
use crate::view_model::preview::{self, Preview};
use crate::view_model::review::{Chosen, Line, lines};
use crate::view_model::subnet_row::{name_of, symbol_of};
use crate::view_model::validator_row;
use gloo::timers::future::TimeoutFuture;
use lantern_economics::price_limit::Tolerance;
use lantern_types::{
    AccountState, AlphaBalance, AtBlock, Hotkey, NetUid, Price, SwapQuote, SwapSide, TaoBalance, TxContext,
};
use lantern_wallet::{StakingCall, UnsignedExtrinsic};
use lantern_worker_bridge::light_client::{LightClientRequest, LightClientResponse, PendingTransaction};
use leptos::prelude::*;
use std::sync::Arc;

/// Milliseconds without typing after which the chain is asked.
const PAUSE: u32 = 250;

/// What the chain says about an amount.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Quote {
    /// The simulation.
    pub swap: AtBlock<SwapQuote>,
    /// Fee of the network.
    pub fee: TaoBalance,
}

/// The answer to the amount that was typed last.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Quoted {
    /// There is no amount.
    Nothing,
    /// The chain is being asked.
    Asking,
    /// Here.
    Here(Box<Quote>),
    /// It could not be computed.
    Failed(Problem),
}

/// What is ready to be signed.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Prepared {
    /// The exact bytes.
    pub unsigned: UnsignedExtrinsic,
    /// The chain they are for.
    pub context: TxContext,
    /// What they say, read back.
    pub lines: Vec<Line>,
    /// What was chosen.
    pub chosen: Chosen,
    /// The quote that it is built on.
    pub quote: Quote,
    /// One sentence.
    pub sentence: String,
    /// What the preview promised.
    pub expected: u64,
    /// When it was shown, in milliseconds since 1970.
    pub reviewed_at: u64,
}

/// A trade in the making. It is a handle.
#[derive(Clone, Copy)]
pub(super) struct Draft {
    pub store: Store,
    pub direction: Direction,
    pub netuid: NetUid,
    pub hotkey: Hotkey,
    pub text: RwSignal<String>,
    pub unit: RwSignal<Unit>,
    pub tolerance: RwSignal<Option<Tolerance>>,
    pub quoted: RwSignal<Quoted>,
    pub prepared: RwSignal<Option<Arc<Prepared>>>,
    /// A problem of the step to the review or of sending.
    pub problem: RwSignal<Option<Problem>>,
    /// Whether the next step is on its way.
    pub is_busy: RwSignal<bool>,
    pub bounds: Memo<Option<Bounds>>,
    pub price: Memo<Option<Price>>,
    pub subnet: Memo<(String, String)>,
    pub validator: Memo<String>,
    pub side: Memo<Result<SwapSide, AmountProblem>>,
}

impl Draft {
    /// An empty trade.
    pub(super) fn new(store: Store, direction: Direction, netuid: NetUid, hotkey: Hotkey) -> Self {
        let account = account_of(store);
        let quoted = RwSignal::new(Quoted::Nothing);
        let text = RwSignal::new(String::new());
        let unit = RwSignal::new(match direction {
            Direction::Stake => Unit::Tao,
            Direction::Unstake => Unit::Alpha,
        });
        let fee = Memo::new(move |before: Option<&TaoBalance>| {
            quoted.with(|quoted| match quoted {
                Quoted::Here(quote) => quote.fee,
                _ => before.copied().unwrap_or(TaoBalance::ZERO),
            })
        });
        let bounds = Memo::new(move |_| {
            account.with(|account| {
                account.value().map(|state| bounds_of(&state.value, netuid, hotkey, fee.get()))
            })
        });
        let price =
            Memo::new(move |_| of_subnet(store, netuid, |subnet| subnet.price.value().copied()).flatten());
        let subnet = Memo::new(move |_| {
            of_subnet(store, netuid, |subnet| (name_of(subnet).0, symbol_of(subnet)))
                .unwrap_or_else(|| (format!("Subnet {netuid}"), "α".to_owned()))
        });
        let validator = Memo::new(move |_| {
            let short = lantern_types::format::shortened(&hotkey.to_string(), 4, 4);
            store.chain.with(|chain| {
                let detail = chain.subnets.get(&netuid).and_then(Loadable::value).cloned();
                let rows = detail.map(|detail| validator_row::rows(&detail.value)).unwrap_or_default();
                rows.into_iter().find(|row| row.hotkey == hotkey).map_or(short, |row| row.name)
            })
        });
        let side = Memo::new(move |_| {
            let Some(bounds) = bounds.get() else {
                return Err(AmountProblem::NotAnAmount(lantern_types::AmountError::Empty));
            };
            text.with(|text| side(text, unit.get(), direction, price.get(), &bounds))
        });
        let draft = Self {
            store,
            direction,
            netuid,
            hotkey,
            text,
            unit,
            tolerance: RwSignal::new(Some(Tolerance::DEFAULT)),
            quoted,
            prepared: RwSignal::new(None),
            problem: RwSignal::new(None),
            is_busy: RwSignal::new(false),
            bounds,
            price,
            subnet,
            validator,
            side,
        };
        draft.quote_when_typing_pauses();
        draft
    }

    /// The preview, where the amount, the tolerance and the quote allow one.
    pub(super) fn preview(self) -> Option<Result<Preview, Problem>> {
        let tolerance = self.tolerance.get()?;
        self.quoted.with(|quoted| match quoted {
            Quoted::Here(quote) => Some(
                self.subnet
                    .with(|(_, symbol)| preview::preview(&quote.swap.value, tolerance, symbol))
                    .ok_or(Problem::NothingToReceive),
            ),
            Quoted::Failed(problem) => Some(Err(problem.clone())),
            Quoted::Nothing | Quoted::Asking => None,
        })
    }

    /// Builds the transaction, reads its bytes back and shows them.
    pub(super) fn go_to_review(self) {
        if self.is_busy.get_untracked() {
            return;
        }
        self.is_busy.set(true);
        self.problem.set(None);
        leptos::task::spawn_local(async move {
            let outcome = self.prepare().await;
            if self.is_busy.try_set(false).is_some() {
                return;
            }
            match outcome {
                Ok(prepared) => self.prepared.set(Some(Arc::new(prepared))),
                Err(problem) => self.problem.set(Some(problem)),
            }
        });
    }

    /// Signs exactly what was reviewed and sends it; then the page follows it.
    pub(super) fn sign_and_send(self, go: impl Fn(Route) + 'static) {
        let Some(prepared) = self.prepared.get_untracked().filter(|_| !self.is_busy.get_untracked()) else {
            return;
        };
        let keypair = self.store.practice.get_untracked().keypair();
        if keypair.account() != prepared.unsigned.account {
            self.problem
                .set(Some(Problem::CannotSign { detail: "another account was chosen meanwhile".to_owned() }));
            return;
        }
        let Some(entropy) = random::entropy() else {
            self.problem
                .set(Some(Problem::CannotSign { detail: "the browser gives no randomness".to_owned() }));
            return;
        };
        self.is_busy.set(true);
        let signed = prepared.unsigned.sign(&keypair, entropy);
        let (_, symbol) = self.subnet.get_untracked();
        let transaction = Transaction {
            pending: PendingTransaction {
                hash: signed.hash,
                extrinsic: signed.bytes,
                birth: prepared.context.birth,
                last_valid: prepared.unsigned.last_valid,
            },
            genesis: prepared.context.genesis_hash,
            summary: Summary {
                is_stake: self.direction == Direction::Stake,
                netuid: self.netuid,
                hotkey: self.hotkey,
                account: prepared.unsigned.account,
                amount: match prepared.chosen.side {
                    SwapSide::Stake(tao) => tao.rao(),
                    SwapSide::Unstake(alpha) => alpha.rao(),
                },
                expected: prepared.expected,
                sentence: prepared.sentence.clone(),
                symbol,
            },
            reviewed_at: prepared.reviewed_at,
            signed_at: document::wall_clock(),
            status: None,
        };
        let route = Route::Transaction(lantern_types::BlockHash(signed.hash));
        let store = self.store;
        // Sending belongs to the page as a whole: it goes on although this view is left.
        leptos::task::spawn_local(async move {
            let _told_on_the_next_view = store.submit(transaction).await;
        });
        go(route);
    }

    async fn prepare(self) -> Result<Prepared, Problem> {
        let side = self.side.get_untracked().map_err(|_changed| Problem::NothingToReceive)?;
        let tolerance = self.tolerance.get_untracked().ok_or(Problem::NothingToReceive)?;
        let (subnet, symbol) = self.subnet.get_untracked();
        let validator = self.validator.get_untracked();
        let (quote, context, unsigned, limit) = self.ask_chain(side, tolerance).await?;
        let cannot = |error: &dyn std::error::Error| Problem::CannotSign { detail: error.to_string() };
        let review = lantern_wallet::review(&unsigned, &context).map_err(|error| cannot(&error))?;
        let preview =
            preview::preview(&quote.swap.value, tolerance, &symbol).ok_or(Problem::NothingToReceive)?;
        let block_millis = self.store.network.with_untracked(|network| {
            network.value().and_then(|state| state.value.block_millis.value().copied())
        });
        let sentence = preview::sentence(side, &subnet, &validator, &symbol);
        let chosen = Chosen {
            side,
            netuid: self.netuid,
            hotkey: self.hotkey,
            limit,
            subnet,
            validator,
            symbol,
            block_millis,
        };
        Ok(Prepared {
            lines: lines(&review, &chosen),
            unsigned,
            context,
            chosen,
            quote,
            sentence,
            expected: preview.expected,
            reviewed_at: document::wall_clock(),
        })
    }

    /// Simulation, transaction and fee, all at the finalized head.
    async fn ask_chain(
        self,
        side: SwapSide,
        tolerance: Tolerance,
    ) -> Result<(Quote, TxContext, UnsignedExtrinsic, Price), Problem> {
        let (netuid, hotkey) = (self.netuid, self.hotkey);
        let LightClientResponse::Quote(swap) =
            self.store.ask(LightClientRequest::SimulateSwap { netuid, side }).await?
        else {
            return Err(Problem::UnexpectedAnswer);
        };
        let account = self.store.account.get_untracked().ok_or(Problem::UnexpectedAnswer)?;
        let limit = preview::limit(swap.value.price, side, tolerance);
        let call = match side {
            SwapSide::Stake(amount) => StakingCall::Stake { hotkey, netuid, amount, limit },
            SwapSide::Unstake(amount) => StakingCall::Unstake { hotkey, netuid, amount, limit },
        };
        let (pallet, name) = call.name();
        let request =
            LightClientRequest::TxContext { account, pallet: pallet.to_owned(), call: name.to_owned() };
        let LightClientResponse::TxContext(context) = self.store.ask(request).await? else {
            return Err(Problem::UnexpectedAnswer);
        };
        let unsigned = lantern_wallet::build(&call, account, &context)
            .map_err(|error| Problem::CannotSign { detail: error.to_string() })?;
        let request = LightClientRequest::EstimateFee { extrinsic: unsigned.for_fee_estimate() };
        let LightClientResponse::Fee(fee) = self.store.ask(request).await? else {
            return Err(Problem::UnexpectedAnswer);
        };
        Ok((Quote { swap, fee }, context, unsigned, limit))
    }

    fn quote_when_typing_pauses(self) {
        let turn = StoredValue::new(0_u32);
        Effect::new(move |_| {
            let side = self.side.get();
            let _again_for_another = self.store.account.get();
            turn.update_value(|turn| *turn = turn.wrapping_add(1));
            let mine = turn.get_value();
            let Ok(side) = side else { return self.quoted.set(Quoted::Nothing) };
            // The fee becomes known with the first quote and may narrow the bounds; the answer stands then.
            let is_answered = self.quoted.with_untracked(|quoted| match quoted {
                Quoted::Here(quote) => quote.swap.value.side == side,
                _ => false,
            });
            if is_answered {
                return;
            }
            self.quoted.set(Quoted::Asking);
            leptos::task::spawn_local(async move {
                TimeoutFuture::new(PAUSE).await;
                if turn.try_get_value() != Some(mine) {
                    return;
                }
                let answer = self.ask_chain(side, Tolerance::DEFAULT).await;
                if turn.try_get_value() == Some(mine) {
                    self.quoted.set(match answer {
                        Ok((quote, ..)) => Quoted::Here(Box::new(quote)),
                        Err(problem) => Quoted::Failed(problem),
                    });
                }
            });
        });
    }
}

fn bounds_of(state: &AccountState, netuid: NetUid, hotkey: Hotkey, fee: TaoBalance) -> Bounds {
    let position =
        state.positions.iter().find(|position| position.netuid == netuid && position.hotkey == hotkey);
    Bounds {
        free: state.free,
        held: position.map_or(AlphaBalance::ZERO, |position| position.alpha),
        existential_deposit: state.existential_deposit.value().copied().unwrap_or(TaoBalance::ZERO),
        fee,
    }
}

fn of_subnet<T>(store: Store, netuid: NetUid, with: impl Fn(&lantern_types::Subnet) -> T) -> Option<T> {
    store.network.with(|network| {
        network
            .value()
            .and_then(|state| state.value.subnets.iter().find(|subnet| subnet.netuid == netuid).map(with))
    })
}
