//! What happens when the page's own program panics: it says so, instead of standing still with old figures.

use super::document;

/// Where the words stand in the document.
const ID: &str = "stopped";

/// Makes a panic leave words in the console and in the page. Nothing runs after it: the program aborts.
pub(crate) fn speak_up() {
    std::panic::set_hook(Box::new(|panic| {
        let words = panic.to_string();
        web_sys::console::error_1(&words.as_str().into());
        show(&words);
    }));
}

/// Draws by hand, because the program that draws the page is the one that stopped.
fn show(words: &str) {
    let Some(document) = document::document() else { return };
    let (Some(body), None) = (document.body(), document.get_element_by_id(ID)) else { return };
    let drawn = (|| {
        let (bar, text, link) =
            (document.create_element("div")?, document.create_element("b")?, document.create_element("a")?);
        bar.set_id(ID);
        bar.set_class_name("note danger");
        bar.set_attribute("role", "alert")?;
        bar.set_attribute("title", words)?;
        text.set_text_content(Some("The page stopped because of a fault of its own. Its figures are old."));
        link.set_class_name("btn sm");
        // A target keeps the click from the page's own navigation, which has stopped too.
        link.set_attribute("target", "_self")?;
        link.set_attribute("href", "")?;
        link.set_text_content(Some("Load again"));
        bar.append_with_node_2(&text, &link)?;
        body.prepend_with_node_1(&bar)
    })();
    if drawn.is_err() {
        web_sys::console::error_1(&"The page could not show that it stopped.".into());
    }
}
