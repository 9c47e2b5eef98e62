// Before anything is drawn: light or dark, as this browser remembers it.
try {
  const theme = localStorage.getItem("tidemark.theme");
  if (theme) document.documentElement.dataset.theme = theme;
} catch {}
