//! How a person finds things on a page, as scripts: by their words, and only what can be seen.

/// A button, link or option by its name: exactly, else as its beginning.
pub(super) const PRESSABLE: &str = r#"
const wanted = arguments[0];
const shown = (element) => element.checkVisibility({ visibilityProperty: true, opacityProperty: true });
const open = document.querySelector("dialog[open]") ?? document;
const name = (element) => (element.getAttribute("aria-label") ?? element.innerText ?? element.textContent).replace(/\s+/g, " ").trim();
const all = [...open.querySelectorAll("button, a[href], [role=option], [role=tab], summary, label, input[type=checkbox]")]
  .filter((element) => shown(element) && !element.disabled);
return all.find((element) => name(element) === wanted) ?? all.find((element) => name(element).startsWith(wanted)) ?? null;
"#;

/// A field by its label.
pub(super) const FIELD: &str = r#"
const wanted = arguments[0];
const shown = (element) => element.checkVisibility({ visibilityProperty: true });
const open = document.querySelector("dialog[open]") ?? document;
const all = [...open.querySelectorAll("input, textarea, select")].filter((element) => shown(element) && !element.disabled);
const names = (element) => [element.getAttribute("aria-label"), ...[...(element.labels ?? [])].map((label) => label.innerText || label.textContent)]
  .filter(Boolean).map((name) => name.trim());
return all.find((element) => names(element).includes(wanted))
  ?? all.find((element) => names(element).some((name) => name.startsWith(wanted))) ?? null;
"#;

/// Chooses an option by its text. Some lists are not filled before somebody turns to them.
pub(super) const CHOOSE: &str = r#"
const [list, wanted] = arguments;
list.focus();
const option = [...list.options].find((option) => option.text.trim() === wanted);
if (!option) return false;
list.value = option.value;
list.dispatchEvent(new Event("input", { bubbles: true }));
list.dispatchEvent(new Event("change", { bubbles: true }));
return true;
"#;

/// Whether a text is on the page, and not only in its code.
pub(super) const SEES: &str = r#"
const text = document.body.innerText.replaceAll("\u00a0", " ");
return text.includes(arguments[0]);
"#;
