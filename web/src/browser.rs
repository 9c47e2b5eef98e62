//! What the browser offers besides the page: its address, its memory of settings, its clipboard.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, Element, HtmlAnchorElement, HtmlCanvasElement, HtmlImageElement,
    Storage, Url, Window,
};

/// The window; a page has one.
pub(crate) fn window() -> Window {
    leptos::prelude::window()
}

/// The `<html>` element.
pub(crate) fn root() -> Option<Element> {
    window().document()?.document_element()
}

/// Waits for so many milliseconds.
pub(crate) async fn pause(milliseconds: i32) {
    let promise = js_sys::Promise::new(&mut |resolve, _| {
        let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&resolve, milliseconds);
    });
    let _ = JsFuture::from(promise).await;
}

/// What is remembered under a name, where the browser lets pages remember at all.
pub(crate) fn remembered(name: &str) -> Option<String> {
    storage()?.get_item(name).ok()?
}

/// Remembers something, as long as the browser lets it; a setting that is forgotten breaks nothing.
pub(crate) fn remember(name: &str, value: Option<&str>) {
    if let Some(storage) = storage() {
        let _ = match value {
            Some(value) => storage.set_item(name, value),
            None => storage.remove_item(name),
        };
    }
}

fn storage() -> Option<Storage> {
    window().local_storage().ok()?
}

/// The names of the languages that the person reads, the best first.
pub(crate) fn languages() -> Vec<String> {
    let listed = window().navigator().languages();
    listed.iter().filter_map(|language| language.as_string()).collect()
}

/// The part of the address behind `#`.
pub(crate) fn fragment() -> String {
    let hash = window().location().hash().unwrap_or_default();
    hash.trim_start_matches('#').to_owned()
}

/// Takes what is behind `#` out of the address and the history.
pub(crate) fn forget_fragment() {
    let path = window().location().pathname().unwrap_or_default();
    if let Ok(history) = window().history() {
        let _ = history.replace_state_with_url(&JsValue::NULL, "", Some(&path));
    }
}

/// Where this server is: `https://events.example.com`.
pub(crate) fn origin() -> String {
    window().location().origin().unwrap_or_default()
}

/// The path of the address, and what is behind its question mark.
pub(crate) fn path_and_search() -> (String, String) {
    let location = window().location();
    (
        location.pathname().unwrap_or_default(),
        location.search().unwrap_or_default(),
    )
}

/// Loads the page anew.
pub(crate) fn reload() {
    let _ = window().location().reload();
}

/// Goes to an address outside of the UI's own pages.
pub(crate) fn leave_for(address: &str) {
    let _ = window().location().set_href(address);
}

/// Names the page in the title of its tab.
pub(crate) fn set_title(title: &str) {
    if let Some(document) = window().document() {
        document.set_title(&format!("{title} · Tidemark"));
    }
}

/// Milliseconds since 1970.
pub(crate) fn now() -> f64 {
    js_sys::Date::now()
}

/// Copies a text; says whether the browser let it.
pub(crate) async fn copy(text: String) -> bool {
    JsFuture::from(window().navigator().clipboard().write_text(&text))
        .await
        .is_ok()
}

/// Saves a text as a file of the person's.
pub(crate) fn save(name: &str, kind: &str, text: &str) {
    let options = BlobPropertyBag::new();
    options.set_type(kind);
    let parts = js_sys::Array::of1(&text.into());
    let saved = Blob::new_with_str_sequence_and_options(&parts, &options).and_then(|blob| {
        let address = Url::create_object_url_with_blob(&blob)?;
        download(name, &address)?;
        Url::revoke_object_url(&address)
    });
    if saved.is_err() {
        leptos::logging::error!("{name} cannot be saved");
    }
}

/// Saves what an address leads to as a file of the person's.
fn download(name: &str, address: &str) -> Result<(), JsValue> {
    let link: HtmlAnchorElement = leptos::prelude::document().create_element("a")?.unchecked_into();
    link.set_href(address);
    link.set_download(name);
    link.click();
    Ok(())
}

/// Pixels of a picture for each of the page, so that it can be printed.
const SHARP: f64 = 2.0;

/// Saves a drawing of the page as a picture (PNG), on the colour that is behind it.
pub(crate) async fn save_picture(name: &str, selector: &str) {
    if let Err(error) = paint(name, selector).await {
        leptos::logging::error!("{name} cannot be saved: {error:?}");
    }
}

async fn paint(name: &str, selector: &str) -> Result<(), JsValue> {
    let document = leptos::prelude::document();
    let (Some(drawn), Some(element)) = (drawing(selector), document.query_selector(selector)?) else {
        return Err("there is no drawing".into());
    };
    let frame = element.get_bounding_client_rect();
    let (width, height) = (frame.width() * SHARP, frame.height() * SHARP);
    let image = HtmlImageElement::new()?;
    image.set_src(&format!("data:image/svg+xml,{}", escape(&drawn)));
    JsFuture::from(image.decode()).await?;
    let canvas: HtmlCanvasElement = document.create_element("canvas")?.unchecked_into();
    canvas.set_width(pixels(width));
    canvas.set_height(pixels(height));
    let context = canvas.get_context("2d")?.ok_or("there is no canvas")?;
    let context: CanvasRenderingContext2d = context.unchecked_into();
    let style = window().get_computed_style(element.closest(".card")?.as_ref().unwrap_or(&element))?;
    let ground = style.and_then(|style| style.get_property_value("background-color").ok());
    context.set_fill_style_str(&ground.unwrap_or_default());
    context.fill_rect(0.0, 0.0, width, height);
    context.draw_image_with_html_image_element_and_dw_and_dh(&image, 0.0, 0.0, width, height)?;
    download(name, &canvas.to_data_url_with_type("image/png")?)
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "pixels of a screen"
)]
fn pixels(length: f64) -> u32 {
    length.ceil() as u32
}

/// Whether nobody would notice that what is shown changes, or somebody would be disturbed: the tab is hidden, the keyboard
/// is in the page, something is open.
pub(crate) fn is_busy() -> bool {
    let document = leptos::prelude::document();
    let open = "#content :focus-visible, #content details[open], dialog[open]";
    document.hidden() || !matches!(document.query_selector(open), Ok(None))
}

/// Whether a dialog is open.
pub(crate) fn has_dialog() -> bool {
    !matches!(leptos::prelude::document().query_selector("dialog[open]"), Ok(None))
}

/// A drawing of the page as a file of its own: the colours that style sheets give it are written into it.
pub(crate) fn drawing(selector: &str) -> Option<String> {
    let document = leptos::prelude::document();
    let drawn = document.query_selector(selector).ok()??;
    let copy: Element = drawn.clone_node_with_deep(true).ok()?.unchecked_into();
    let frame = drawn.get_bounding_client_rect();
    for (name, value) in [
        ("xmlns", "http://www.w3.org/2000/svg".to_owned()),
        ("width", frame.width().to_string()),
        ("height", frame.height().to_string()),
    ] {
        copy.set_attribute(name, &value).ok()?;
    }
    let (parts, copies) = (drawn.query_selector_all("*").ok()?, copy.query_selector_all("*").ok()?);
    for index in 0..parts.length() {
        let (part, copied) = (parts.get(index)?, copies.get(index)?);
        let style = window().get_computed_style(part.unchecked_ref()).ok()??;
        for name in ["fill", "stroke", "stroke-width"] {
            let value = style.get_property_value(name).ok()?;
            copied.unchecked_ref::<Element>().set_attribute(name, &value).ok()?;
        }
    }
    Some(copy.outer_html())
}

/// Makes a text part of an address.
pub(crate) fn escape(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// Reads a part of an address.
pub(crate) fn unescape(text: &str) -> String {
    js_sys::decode_uri_component(text).map_or_else(|_| text.to_owned(), Into::into)
}
