//! Notes: an icon, one sentence and one line of consequence.

use super::icon::Icon;
use leptos::prelude::*;

/// How grave a note is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Tone {
    /// Neutral.
    Plain,
    /// Worth knowing.
    Info,
    /// Slower or less than usual.
    Warn,
    /// Refused or lost.
    Danger,
}

impl Tone {
    const fn class(self) -> &'static str {
        match self {
            Self::Plain => "note",
            Self::Info => "note info",
            Self::Warn => "note warn",
            Self::Danger => "note danger",
        }
    }

    const fn icon(self) -> &'static str {
        match self {
            Self::Plain | Self::Info => "info",
            Self::Warn => "warn",
            Self::Danger => "bad",
        }
    }
}

/// A note; its children are a button or nothing.
#[component]
pub(crate) fn Note(
    /// How grave it is.
    tone: Tone,
    /// What happened.
    #[prop(into)]
    title: String,
    /// What it means.
    #[prop(into)]
    text: String,
    /// Details; nothing is drawn for an empty text.
    #[prop(into, optional)]
    detail: String,
    /// A button.
    #[prop(optional)]
    children: Option<Children>,
) -> impl IntoView {
    let has_detail = !detail.is_empty();
    view! {
        <div class=tone.class()>
            <Icon name=tone.icon() />
            <b>{title}</b>
            <p>{text}</p>
            {has_detail.then(|| view! { <p class="detail mono">{detail}</p> })}
            {children.map(|children| children())}
        </div>
    }
}
