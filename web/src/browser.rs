//! What the browser offers besides the page: its address, its memory of settings, its clipboard.

use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    Blob, BlobPropertyBag, CanvasRenderingContext2d, Clipboard, Element, FocusOptions, HtmlAnchorElement,
    HtmlCanvasElement, HtmlDocument, HtmlElement, HtmlImageElement, HtmlTextAreaElement, Storage, Url, Window,
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

/// A secret of this browser, which its tabs share: 256 random bits as text. None where the browser remembers nothing.
pub(crate) fn secret(name: &str) -> Option<String> {
    if let Some(secret) = remembered(name) {
        return Some(secret);
    }
    let mut bytes = [0; 32];
    window()
        .crypto()
        .ok()?
        .get_random_values_with_u8_array(&mut bytes)
        .ok()?;
    let secret: String = bytes.iter().map(|byte| format!("{byte:02x}")).collect();
    remember(name, Some(&secret));
    // Another tab may have written its own meanwhile.
    remembered(name)
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

/// Goes to an address in a tab of its own, which is told nothing of this one.
pub(crate) fn open_beside(address: &str) {
    let _ = window().open_with_url_and_target_and_features(address, "_blank", "noopener");
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
    // A page that comes without TLS, from another machine than the person's, has none.
    let clipboard = js_sys::Reflect::get(&window().navigator(), &"clipboard".into());
    let clipboard = clipboard.ok().filter(JsValue::is_object);
    if let Some(clipboard) = clipboard.map(JsCast::unchecked_into::<Clipboard>)
        && JsFuture::from(clipboard.write_text(&text)).await.is_ok()
    {
        return true;
    }
    copy_selected(&text).unwrap_or_default()
}

/// Copies a text as a person would: from a field in which it is selected. The field is there for that moment alone.
fn copy_selected(text: &str) -> Result<bool, JsValue> {
    let document: HtmlDocument = leptos::prelude::document().unchecked_into();
    let held = document.active_element();
    // While a dialog is open, nothing outside of it can be selected.
    let place = document.query_selector("dialog[open]")?;
    let place = place.or_else(|| document.body().map(Into::into));
    let field: HtmlTextAreaElement = document.create_element("textarea")?.unchecked_into();
    field.set_class_name("visually-hidden");
    field.set_value(text);
    place.ok_or("there is no page")?.append_child(&field)?;
    let still = FocusOptions::new();
    still.set_prevent_scroll(true);
    field.focus_with_options(&still)?;
    field.select();
    let copied = document.exec_command("copy");
    field.remove();
    if let Some(held) = held.and_then(|held| held.dyn_into::<HtmlElement>().ok()) {
        held.focus_with_options(&still)?;
    }
    copied
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

/// Saves a chart of the page as a picture (PNG).
pub(crate) async fn save_picture(name: &str, selector: &str) {
    if let Err(error) = paint(name, selector).await {
        leptos::logging::error!("{name} cannot be saved: {error:?}");
    }
}

async fn paint(name: &str, selector: &str) -> Result<(), JsValue> {
    let document = leptos::prelude::document();
    let drawn = drawing(selector).ok_or("there is no drawing")?;
    let image = HtmlImageElement::new()?;
    image.set_src(&format!("data:image/svg+xml,{}", escape(&drawn)));
    JsFuture::from(image.decode()).await?;
    let (width, height) = (f64::from(image.width()) * SHARP, f64::from(image.height()) * SHARP);
    let canvas: HtmlCanvasElement = document.create_element("canvas")?.unchecked_into();
    canvas.set_width(pixels(width));
    canvas.set_height(pixels(height));
    let context = canvas.get_context("2d")?.ok_or("there is no canvas")?;
    let context: CanvasRenderingContext2d = context.unchecked_into();
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

/// The name that drawings have.
const SVG: &str = "http://www.w3.org/2000/svg";
/// Properties of style sheets that a drawing looks by.
const LOOKS: [&str; 3] = ["fill", "stroke", "stroke-width"];

/// A chart of the page as a file of its own: what is drawn, with the colours that style sheets give it written into it, and
/// what stands beside it.
pub(crate) fn drawing(selector: &str) -> Option<String> {
    let document = leptos::prelude::document();
    let chart = document.query_selector(selector).ok()??;
    let frame = chart.get_bounding_client_rect();
    let body = chart.query_selector(".chart-body").ok()??.get_bounding_client_rect();
    let (width, height) = (frame.width(), body.bottom() - frame.top());
    let whole = document.create_element_ns(Some(SVG), "svg").ok()?;
    set(&whole, &[("xmlns", SVG)])?;
    place(&whole, &[("width", width), ("height", height)])?;
    let ground = document.create_element_ns(Some(SVG), "rect").ok()?;
    place(&ground, &[("width", width), ("height", height)])?;
    let card = chart.closest(".card").ok()?.unwrap_or_else(|| chart.clone());
    set(&ground, &[("fill", &looks(&card, "background-color")?)])?;
    whole.append_child(&ground).ok()?;
    for drawn in elements(&chart, ".chart-head svg, .chart-body svg")? {
        let copy: Element = drawn.clone_node_with_deep(true).ok()?.unchecked_into();
        for (part, copied) in elements(&drawn, "*")?.iter().zip(elements(&copy, "*")?) {
            for name in LOOKS {
                set(&copied, &[(name, &looks(part, name)?)])?;
            }
        }
        let at = drawn.get_bounding_client_rect();
        let (x, y) = (at.left() - frame.left(), at.top() - frame.top());
        place(
            &copy,
            &[("x", x), ("y", y), ("width", at.width()), ("height", at.height())],
        )?;
        whole.append_child(&copy).ok()?;
    }
    for written in elements(&chart, ".chart-head span, .chart-body li")? {
        let at = written.get_bounding_client_rect();
        // What has no room on a small screen is not shown there either.
        if at.width() == 0.0 {
            continue;
        }
        let text = document.create_element_ns(Some(SVG), "text").ok()?;
        let (x, y) = (at.left() - frame.left(), at.top() - frame.top() + at.height() / 2.0);
        place(&text, &[("x", x), ("y", y)])?;
        for (name, property) in [
            ("fill", "color"),
            ("font-family", "font-family"),
            ("font-size", "font-size"),
        ] {
            set(&text, &[(name, &looks(&written, property)?)])?;
        }
        set(&text, &[("dominant-baseline", "central")])?;
        text.set_text_content(written.text_content().as_deref());
        whole.append_child(&text).ok()?;
    }
    Some(whole.outer_html())
}

fn elements(inside: &Element, selector: &str) -> Option<Vec<Element>> {
    let found = inside.query_selector_all(selector).ok()?;
    let elements = (0..found.length()).filter_map(|index| found.get(index));
    Some(elements.map(JsCast::unchecked_into).collect())
}

fn set(element: &Element, attributes: &[(&str, &str)]) -> Option<()> {
    for (name, value) in attributes {
        element.set_attribute(name, value).ok()?;
    }
    Some(())
}

fn place(element: &Element, lengths: &[(&str, f64)]) -> Option<()> {
    for (name, length) in lengths {
        element.set_attribute(name, &length.to_string()).ok()?;
    }
    Some(())
}

/// How style sheets have an element look.
fn looks(element: &Element, property: &str) -> Option<String> {
    let style = window().get_computed_style(element).ok()??;
    style.get_property_value(property).ok()
}

/// Makes a text part of an address.
pub(crate) fn escape(text: &str) -> String {
    js_sys::encode_uri_component(text).into()
}

/// Reads a part of an address.
pub(crate) fn unescape(text: &str) -> String {
    js_sys::decode_uri_component(text).map_or_else(|_| text.to_owned(), Into::into)
}
