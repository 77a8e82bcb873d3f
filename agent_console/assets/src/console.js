// Every page: htmx for the parts that renew themselves, and honesty when they cannot.
import htmx from "htmx.org";

window.htmx = htmx;

document.addEventListener("htmx:configRequest", (event) => {
  if (event.detail.verb !== "get") {
    event.detail.headers["X-CSRFToken"] = document.querySelector("meta[name=csrf-token]").content;
  }
});

// A part that could not be renewed keeps what it had, and says that it is old.
function stale(event) {
  const part = event.target.closest?.("[data-stale]");
  if (!part || part.classList.contains("is-stale")) return;
  part.classList.add("is-stale");
  const since = part.querySelector(".since span");
  if (since) since.textContent += ` · ${part.dataset.stale}`;
}
for (const name of ["htmx:sendError", "htmx:responseError", "htmx:timeout"]) document.addEventListener(name, stale);
document.addEventListener("htmx:afterSwap", (event) => event.target.classList.remove("is-stale"));

// A menu closes when one looks elsewhere.
document.addEventListener("click", (event) => {
  for (const menu of document.querySelectorAll("details.me[open]")) {
    if (!menu.contains(event.target)) menu.open = false;
  }
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const menu of document.querySelectorAll("details.me[open]")) {
    menu.open = false;
    menu.querySelector("summary").focus();
  }
});
