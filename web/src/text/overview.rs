//! What happens on a site.

use super::{Text, text};

pub(crate) const ACTORS: Text = text("Unique actors", "Verschiedene Akteure");
pub(crate) const ACTORS_ESTIMATE: Text = text("between {0} and {1}", "zwischen {0} und {1}");
pub(crate) const BROWSERS: Text = text("Browsers", "Browser");
pub(crate) const COUNTRIES: Text = text("Countries", "Länder");
pub(crate) const DAY: Text = text("Today", "Heute");
pub(crate) const DAYS_7: Text = text("7 days", "7 Tage");
pub(crate) const DAYS_30: Text = text("30 days", "30 Tage");
pub(crate) const DEVICES: Text = text("Devices", "Geräte");
pub(crate) const EVENTS: Text = text("Events", "Ereignisse");
pub(crate) const EXPORT: Text = text("Export", "Ausgeben");
pub(crate) const EXPORT_CSV: Text = text("Table (CSV)", "Tabelle (CSV)");
pub(crate) const EXPORT_JSON: Text = text("Everything (JSON)", "Alles (JSON)");
pub(crate) const EXPORT_PNG: Text = text("Chart (PNG)", "Diagramm (PNG)");
pub(crate) const EXPORT_SVG: Text = text("Chart (SVG)", "Diagramm (SVG)");
pub(crate) const FILTERS: Text = text("Filters", "Filter");
pub(crate) const FILTER_REMOVE: Text = text("Take away the filter {0}", "Filter {0} entfernen");
pub(crate) const FROM: Text = text("From", "Von");
pub(crate) const LIVE: Text = text("Last 30 minutes", "Letzte 30 Minuten");
pub(crate) const MONTHS_12: Text = text("12 months", "12 Monate");
pub(crate) const NETWORKS: Text = text("Networks", "Netzwerke");
pub(crate) const HOW_TO_LOG: Text = text("Log from your pages", "Von Ihren Seiten loggen");
pub(crate) const NO_SCOPE: Text = text(
    "No scope counts actors by exactly these fields: {0}. With one that does, they are counted here as well.",
    "Kein Bereich zählt Akteure nach genau diesen Feldern: {0}. Mit einem, der es tut, werden sie auch hier gezählt.",
);
pub(crate) const TO_SCOPES: Text = text("Views and scopes", "Ansichten und Bereiche");
pub(crate) const NOTHING: Text = text("No event in this period", "Kein Ereignis in diesem Zeitraum");
pub(crate) const NOTHING_HINT: Text = text(
    "What your pages and programs log appears here by itself.",
    "Was Ihre Seiten und Programme loggen, erscheint hier von selbst.",
);
pub(crate) const PAGES: Text = text("Pages", "Seiten");
pub(crate) const PERIOD: Text = text("Period", "Zeitraum");
pub(crate) const REFERRERS: Text = text("Referrers", "Verweise");
pub(crate) const SOURCES: Text = text("Sources", "Quellen");
pub(crate) const TITLE: Text = text("Overview", "Überblick");
pub(crate) const TO: Text = text("To", "Bis");
pub(crate) const TOP_ACTIONS: Text = text("Actions", "Aktionen");
pub(crate) const ZONE: Text = text("Time zone", "Zeitzone");
pub(crate) const ZONE_OWN: Text = text("{0} (yours)", "{0} (Ihre)");
pub(crate) const ZONE_SITE: Text = text("{0} (the site’s)", "{0} (der Site)");
